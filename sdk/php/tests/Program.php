<?php

declare(strict_types=1);

namespace Imq\Tests;

/** A PHP process beside the tests. It ends with its object. */
final class Program
{
    /** @var resource */
    private $process;

    /** @var array<int, resource> */
    private array $pipes = [];

    /**
     * @param list<string> $words what follows `php`
     * @param array<string, string> $environment beside the present one
     * @param bool $withErrors whether what it says to standard error is read as well
     */
    public function __construct(array $words, array $environment = [], bool $withErrors = false)
    {
        $errors = $withErrors ? ['redirect', 1] : ['file', '/dev/null', 'w'];
        $streams = [['pipe', 'r'], ['pipe', 'w'], $errors];
        $environment += getenv();
        $process = proc_open([PHP_BINARY, ...$words], $streams, $this->pipes, null, $environment);
        if ($process === false) {
            throw new \RuntimeException('no process can be started');
        }
        $this->process = $process;
    }

    public function __destruct()
    {
        $this->end();
    }

    public function write(string $line): void
    {
        fwrite($this->pipes[0], "{$line}\n");
    }

    public function read(): string
    {
        $line = fgets($this->pipes[1]);
        if ($line === false) {
            throw new \RuntimeException('the process has ended');
        }
        return rtrim($line);
    }

    /** Reads up to a line that has this in it. */
    public function readUpTo(string $part): void
    {
        while (!str_contains($this->read(), $part)) {
            continue;
        }
    }

    public function end(): void
    {
        if (is_resource($this->process)) {
            proc_terminate($this->process);
            array_map(fclose(...), $this->pipes);
            proc_close($this->process);
        }
    }

    /** A port that nobody uses at the moment. */
    public static function freePort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $port = (int) substr((string) strrchr(stream_socket_get_name($socket, false), ':'), 1);
        fclose($socket);
        return $port;
    }
}
