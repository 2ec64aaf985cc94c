<?php

declare(strict_types=1);

namespace Imq;

use Imq\Error\Unreadable;

/**
 * An object that came from the other side, such as the result of an operation. A field that is
 * absent is at its default; one of another kind is {@see Unreadable}; those that nobody asks for
 * don't matter.
 */
final class Fields
{
    public function __construct(private readonly \stdClass $fields)
    {
    }

    /** Of a result: the queue's `seq` at which it happened, or at which was read. */
    public function seq(): int
    {
        return $this->int('seq');
    }

    public function has(string $name): bool
    {
        return isset($this->fields->{$name});
    }

    public function int(string $name): int
    {
        return $this->read($name, 'int', 0);
    }

    public function text(string $name): string
    {
        return $this->read($name, 'string', '');
    }

    public function flag(string $name): bool
    {
        return $this->read($name, 'bool', false);
    }

    /** A payload or value: anything, or {@see \Imq\Bytes}. */
    public function value(string $name): mixed
    {
        try {
            return Json::valueOf($this->fields, $name);
        } catch (\JsonException $error) {
            throw new Unreadable($error->getMessage(), previous: $error);
        }
    }

    /** The object of that name, if there is one. */
    public function object(string $name): ?self
    {
        $value = $this->fields->{$name} ?? null;
        return $value instanceof \stdClass ? new self($value) : null;
    }

    /** @return list<self> */
    public function objects(string $name): array
    {
        $items = $this->items($name, \stdClass::class);
        return array_map(fn (\stdClass $one): self => new self($one), $items);
    }

    /** @return list<string> */
    public function texts(string $name): array
    {
        return $this->items($name, 'string');
    }

    /** @return list<mixed> */
    private function items(string $name, string $type): array
    {
        $items = $this->read($name, 'array', []);
        foreach ($items as $item) {
            if (get_debug_type($item) !== $type) {
                throw new Unreadable("{$name} has a " . get_debug_type($item) . ", not a {$type}");
            }
        }
        return $items;
    }

    private function read(string $name, string $type, mixed $default): mixed
    {
        $value = $this->fields->{$name} ?? $default;
        if (get_debug_type($value) !== $type) {
            throw new Unreadable("{$name} is a " . get_debug_type($value) . ", not a {$type}");
        }
        return $value;
    }
}
