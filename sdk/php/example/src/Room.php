<?php

declare(strict_types=1);

namespace Example;

/** A room: the queue of the same name, and who may enter it. */
final class Room
{
    public const PREFIX = '/room/';

    /**
     * @param int $epoch the queue's incarnation, by which news of an earlier room of that name are
     *     told
     * @param string $passwordHash empty: everybody may enter
     * @param list<string> $admitted who has given the password
     * @param list<string> $banned
     * @param list<string> $present who is there, as the news say
     */
    public function __construct(
        public readonly string $owner,
        public readonly int $epoch,
        public readonly string $passwordHash = '',
        public array $admitted = [],
        public array $banned = [],
        public array $present = [],
    ) {
    }

    /** Why the user may not enter; null: the user may. */
    public function refusal(string $user): ?string
    {
        if (in_array($user, $this->banned, true)) {
            return 'you are banned from this room';
        }
        $isOpen = $this->passwordHash === '' || $user === $this->owner;
        if (!$isOpen && !in_array($user, $this->admitted, true)) {
            return 'this room has a password: give it first';
        }
        return null;
    }

    public function admit(string $user): void
    {
        $this->admitted = self::with($this->admitted, $user);
    }

    public function ban(string $user): void
    {
        $this->banned = self::with($this->banned, $user);
        $this->admitted = self::without($this->admitted, $user);
    }

    public function enter(string $user): void
    {
        $this->present = self::with($this->present, $user);
    }

    public function leave(string $user): void
    {
        $this->present = self::without($this->present, $user);
    }

    /**
     * @param list<string> $users
     * @return list<string>
     */
    private static function with(array $users, string $user): array
    {
        return [...self::without($users, $user), $user];
    }

    /**
     * @param list<string> $users
     * @return list<string>
     */
    private static function without(array $users, string $user): array
    {
        return array_values(array_diff($users, [$user]));
    }
}
