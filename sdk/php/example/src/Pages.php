<?php

declare(strict_types=1);

namespace Example;

use Imq\Error\Conflict;
use Imq\Error\NotFound;
use Imq\Rpc\Client;
use Imq\Token\Maker;
use Imq\Token\Refused;
use Imq\Token\Verifier;

/** What browsers ask of the application, JSON in and out. */
final class Pages
{
    private const NAME = '/^[A-Za-z][A-Za-z0-9_-]{0,31}$/D';

    public function __construct(
        private readonly Store $store,
        private readonly Client $imq,
        private readonly Maker $tokens,
        private readonly Verifier $verifier,
        private readonly string $gateway,
    ) {
    }

    /**
     * @param string $bearer the token of who asks; empty: nobody has logged in
     * @param \stdClass $body the request's
     * @return array<string, mixed>
     * @throws Refusal
     */
    public function answer(string $route, string $bearer, \stdClass $body): array
    {
        return match ($route) {
            'POST /login' => $this->login($body),
            'GET /rooms' => $this->rooms(),
            'POST /rooms' => $this->create($this->user($bearer), $body),
            'POST /rooms/password' => $this->admit($this->user($bearer), $body),
            'POST /rooms/ban' => $this->ban($this->user($bearer), $body),
            default => throw new Refusal(404, "there is no {$route}"),
        };
    }

    /** Who is who is believed here: a real application asks for a password first. */
    private function login(\stdClass $body): array
    {
        $user = self::name($body, 'name');
        $token = $this->tokens->make($user);
        return ['user' => $user, 'token' => $token, 'gateway' => $this->gateway];
    }

    private function rooms(): array
    {
        return $this->store->change(fn (Memory $memory): array => [
            'online' => array_map(strval(...), array_keys($memory->online)),
            'rooms' => array_map(fn (string $name, Room $room): array => [
                'name' => $name,
                'queue' => Room::PREFIX . $name,
                'owner' => $room->owner,
                'password' => $room->passwordHash !== '',
                'present' => $room->present,
            ], array_keys($memory->rooms), $memory->rooms),
        ]);
    }

    /** Of two who create the same room at once one gets a conflict: the queue decides. */
    private function create(string $user, \stdClass $body): array
    {
        $name = self::name($body, 'name');
        $password = is_string($body->password ?? null) ? $body->password : '';
        $queue = Room::PREFIX . $name;
        try {
            $this->imq->createQueue($queue);
        } catch (Conflict $error) {
            throw new Refusal(409, 'there is a room of this name already');
        }
        $epoch = $this->imq->getQueue($queue)->epoch;
        $hash = $password === '' ? '' : password_hash($password, PASSWORD_DEFAULT);
        $this->store->change(function (Memory $memory) use ($name, $user, $epoch, $hash): void {
            $memory->rooms[$name] = new Room($user, $epoch, $hash);
        });
        return ['queue' => $queue];
    }

    private function admit(string $user, \stdClass $body): array
    {
        $password = is_string($body->password ?? null) ? $body->password : '';
        $name = self::name($body, 'room');
        return $this->store->change(function (Memory $memory) use ($user, $name, $password): array {
            $room = self::room($memory, $name);
            if ($room->passwordHash !== '' && !password_verify($password, $room->passwordHash)) {
                throw new Refusal(403, 'this is not the password');
            }
            $room->admit($user);
            return ['queue' => Room::PREFIX . $name];
        });
    }

    private function ban(string $owner, \stdClass $body): array
    {
        $user = self::name($body, 'user');
        $name = self::name($body, 'room');
        $this->store->change(function (Memory $memory) use ($owner, $user, $name): void {
            $room = self::room($memory, $name);
            if ($room->owner !== $owner) {
                throw new Refusal(403, 'this room is somebody else\'s');
            }
            $room->ban($user);
        });
        // Noted first, put out then: the other way round the user could come back in between.
        try {
            $this->imq->removeUser(Room::PREFIX . $name, $user);
        } catch (NotFound) {
            // The user wasn't in it, which is just as well.
        }
        return ['banned' => $user];
    }

    private function user(string $bearer): string
    {
        try {
            return $this->verifier->verify($bearer)->user;
        } catch (Refused $error) {
            throw new Refusal(401, 'log in first and send `Authorization: Bearer <token>`');
        }
    }

    private static function room(Memory $memory, string $name): Room
    {
        return $memory->rooms[$name] ?? throw new Refusal(404, 'there is no such room');
    }

    private static function name(\stdClass $body, string $field): string
    {
        $name = $body->{$field} ?? null;
        if (!is_string($name) || preg_match(self::NAME, $name) !== 1) {
            throw new Refusal(400, "{$field}: a letter, then up to 31 letters, digits, - and _");
        }
        return $name;
    }
}
