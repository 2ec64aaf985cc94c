<?php

declare(strict_types=1);

namespace Imq\Tests;

/** A test isn't asked for: the setting that it needs isn't there. Nothing else skips one. */
final class Skipped extends \RuntimeException
{
}

/** What tests say must be. */
final class Check
{
    public static function same(mixed $wanted, mixed $given): void
    {
        if ($wanted !== $given) {
            throw new \RuntimeException(
                'wanted ' . var_export($wanted, true) . ', given ' . var_export($given, true),
            );
        }
    }

    public static function has(string $part, string $whole): void
    {
        if (!str_contains($whole, $part)) {
            throw new \RuntimeException("no \"{$part}\" in \"{$whole}\"");
        }
    }

    /**
     * @template T of \Throwable
     * @param class-string<T> $class
     * @return T
     */
    public static function throws(string $class, callable $act): \Throwable
    {
        try {
            $act();
        } catch (Skipped $skipped) {
            throw $skipped;
        } catch (\Throwable $thrown) {
            if ($thrown::class === $class) {
                return $thrown;
            }
            throw new \RuntimeException("wanted {$class}", previous: $thrown);
        }
        throw new \RuntimeException("wanted {$class}, nothing was thrown");
    }

    /** Asks until it is so: whoever is asked takes its time to answer. */
    public static function until(string $what, callable $isSo): void
    {
        $end = hrtime(true) + 10_000_000_000;
        while (!$isSo()) {
            if (hrtime(true) > $end) {
                throw new \RuntimeException("waited in vain for: {$what}");
            }
        }
    }
}
