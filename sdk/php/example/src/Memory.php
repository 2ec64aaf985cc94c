<?php

declare(strict_types=1);

namespace Example;

/** Rooms, who is online, and which news have been heard. */
final class Memory
{
    /** News come again for minutes at most; so many are plenty for an example. */
    private const HEARD_MAX = 1000;

    /** @var array<string, Room> by name */
    public array $rooms = [];

    /** @var array<string, int> user ids, each with the generation that came online */
    public array $online = [];

    /** @var array<string, true> ids of news, the oldest first */
    public array $heard = [];

    /** @param array<string, mixed> $saved */
    public static function fromArray(array $saved): self
    {
        $memory = new self();
        foreach ($saved['rooms'] ?? [] as $name => $room) {
            $memory->rooms[$name] = new Room(...$room);
        }
        $memory->online = $saved['online'] ?? [];
        $memory->heard = $saved['heard'] ?? [];
        return $memory;
    }

    /** The room of a queue's name. */
    public function roomOf(string $queue): ?Room
    {
        return str_starts_with($queue, Room::PREFIX)
            ? ($this->rooms[substr($queue, strlen(Room::PREFIX))] ?? null)
            : null;
    }

    /** Whether these news are new; from now on they aren't. */
    public function hearOnce(string $id): bool
    {
        if (isset($this->heard[$id])) {
            return false;
        }
        $this->heard[$id] = true;
        if (count($this->heard) > self::HEARD_MAX) {
            unset($this->heard[array_key_first($this->heard)]);
        }
        return true;
    }
}
