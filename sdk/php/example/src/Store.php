<?php

declare(strict_types=1);

namespace Example;

/**
 * What the application remembers, in one file of JSON.
 *
 * Each change reads it, changes it and writes it anew under a lock, so that the web server's
 * processes don't lose each other's. A real application has a database for that.
 */
final class Store
{
    public function __construct(private readonly string $file)
    {
    }

    /**
     * @template T
     * @param callable(Memory): T $change
     * @return T
     */
    public function change(callable $change): mixed
    {
        $lock = fopen("{$this->file}.lock", 'c');
        if ($lock === false || !flock($lock, LOCK_EX)) {
            throw new \RuntimeException("{$this->file}.lock can't be locked");
        }
        try {
            $text = is_file($this->file) ? file_get_contents($this->file) : '{}';
            $memory = Memory::fromArray(json_decode($text, true, flags: JSON_THROW_ON_ERROR));
            $result = $change($memory);
            // Written beside and renamed: a process that dies leaves the old file or the new one.
            file_put_contents("{$this->file}.new", json_encode($memory, JSON_THROW_ON_ERROR));
            rename("{$this->file}.new", $this->file);
            return $result;
        } finally {
            fclose($lock);
        }
    }
}
