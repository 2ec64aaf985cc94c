<?php

declare(strict_types=1);

namespace Imq;

/**
 * JSON as imq's wires want it.
 *
 * Objects are read as `stdClass`, not as arrays: an array forgets whether it was `{}` or `[]`, and
 * a payload that is handed on must be what it was. Whole numbers beyond PHP's are read as strings
 * rather than rounded.
 */
final class Json
{
    private const WRITE = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE
        | JSON_PRESERVE_ZERO_FRACTION;

    /** Deeper nesting than any message has; payloads may have 64 levels. */
    private const DEPTH_MAX = 128;

    /**
     * @throws \InvalidArgumentException if the value has no JSON
     */
    public static function write(mixed $value): string
    {
        try {
            return json_encode($value, self::WRITE, self::DEPTH_MAX);
        } catch (\JsonException $error) {
            throw new \InvalidArgumentException(
                "not JSON ({$error->getMessage()}): wrap bytes that aren't UTF-8 in Imq\\Bytes",
                previous: $error,
            );
        }
    }

    /**
     * The object that a text is.
     *
     * @throws \JsonException if it is none
     */
    public static function readObject(string $text): \stdClass
    {
        $value = json_decode(
            $text,
            false,
            self::DEPTH_MAX,
            JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING,
        );
        if (!$value instanceof \stdClass) {
            throw new \JsonException('an object is expected, not ' . get_debug_type($value));
        }
        return $value;
    }

    /**
     * A value under the name that its kind asks for: `payload`, or `payload_base64`.
     *
     * @return array<string, mixed>
     */
    public static function field(string $name, mixed $value): array
    {
        return $value instanceof Bytes
            ? ["{$name}_base64" => base64_encode($value->raw)]
            : [$name => $value];
    }

    /**
     * The value that an object has under a name, or under the name with `_base64`; null if neither.
     *
     * @throws \JsonException if the base64 is none
     */
    public static function valueOf(\stdClass $object, string $name): mixed
    {
        $coded = $object->{"{$name}_base64"} ?? null;
        if ($coded === null) {
            return $object->{$name} ?? null;
        }
        $raw = is_string($coded) ? base64_decode($coded, true) : false;
        if ($raw === false) {
            throw new \JsonException("{$name}_base64 is no base64");
        }
        return new Bytes($raw);
    }
}
