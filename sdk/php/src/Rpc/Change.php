<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Json;

/** What a `send_state` does to one key. All changes of one operation are done, or none. */
final class Change
{
    /** @param array<string, mixed> $fields */
    private function __construct(private readonly array $fields)
    {
    }

    /** Gives the key a value: anything that has a JSON, or {@see \Imq\Bytes}. */
    public static function set(string $key, mixed $value): self
    {
        return new self(['key' => $key] + Json::field('set', $value));
    }

    public static function delete(string $key): self
    {
        return new self(['key' => $key, 'delete' => true]);
    }

    /**
     * Adds to a whole number; a key that is absent counts as 0. The key ends when it was to end,
     * unless {@see forMs} says otherwise.
     */
    public static function add(string $key, int $amount): self
    {
        return new self(['key' => $key, 'add' => $amount]);
    }

    /** Only if the key's version is this one; 0: only if the key is absent. */
    public function ifVersion(int $version): self
    {
        return new self(['if_version' => $version] + $this->fields);
    }

    /** Only if the key is absent. */
    public function ifAbsent(): self
    {
        return new self(['if_absent' => true] + $this->fields);
    }

    /** The key is deleted after this long; without it a key that is set stays. */
    public function forMs(int $ttlMs): self
    {
        return new self(['ttl_ms' => $ttlMs] + $this->fields);
    }

    /**
     * As the wire has it.
     *
     * @return array<string, mixed>
     */
    public function fields(): array
    {
        return $this->fields;
    }
}
