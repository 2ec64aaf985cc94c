<?php

declare(strict_types=1);

namespace Imq\Http;

/**
 * A socket with a buffer of what came. It never blocks longer than the deadline that each call
 * names, so that a gateway which accepts and then says nothing, or doesn't read, can't hold the
 * application.
 */
final class Socket
{
    /** Far more than any answer: a page of a read is 512 KiB at most, a batch has many. */
    public const BYTES_MAX = 64 * 1024 * 1024;
    private const LINE_BYTES_MAX = 64 * 1024;
    private const READ_BYTES = 64 * 1024;

    /** What came and isn't used yet. */
    private string $buffer = '';

    /** @param resource $stream */
    private function __construct(private $stream, private readonly Address $address)
    {
    }

    /**
     * @param array<string, mixed> $tls options of PHP's `ssl` stream context, such as `cafile`
     * @throws ConnectFailed
     */
    public static function open(Address $address, Deadline $deadline, array $tls): self
    {
        $context = stream_context_create([
            'ssl' => $tls + ['peer_name' => trim($address->host, '[]'), 'SNI_enabled' => true],
            'socket' => ['tcp_nodelay' => true],
        ]);
        $seconds = max(1, $deadline->leftUs()) / 1e6;
        // Of a failed TLS handshake the reason is in the first of PHP's warnings, and nowhere else.
        $warnings = [];
        set_error_handler(static function (int $kind, string $text) use (&$warnings): bool {
            $warnings[] = trim((string) strrchr($text, ':'), ": \n");
            return true;
        });
        try {
            $flags = STREAM_CLIENT_CONNECT;
            $url = $address->stream();
            $stream = stream_socket_client($url, $code, $why, $seconds, $flags, $context);
        } finally {
            restore_error_handler();
        }
        if ($stream === false) {
            $why = $why !== '' ? $why : ($warnings[0] ?? 'no reason given');
            throw new ConnectFailed("no connection to {$address->authority()}: {$why}");
        }
        stream_set_blocking($stream, false);
        return new self($stream, $address);
    }

    /**
     * Whether it can take a request: the other side hasn't closed it meanwhile, nor said anything
     * that nobody asked for.
     */
    public function isIdle(): bool
    {
        if (!is_resource($this->stream) || $this->buffer !== '') {
            return false;
        }
        $this->buffer = (string) @fread($this->stream, self::READ_BYTES);
        return $this->buffer === '' && !feof($this->stream);
    }

    /**
     * Sends all of it, or as much as the other side takes before it closes: then its answer says
     * why, or there is none.
     *
     * @throws Broken
     */
    public function write(string $bytes, Deadline $deadline): void
    {
        while ($bytes !== '') {
            $count = @fwrite($this->stream, $bytes);
            if ($count === false) {
                return;
            }
            if ($count > 0) {
                $bytes = substr($bytes, $count);
            } else {
                $this->await($deadline, true);
            }
        }
    }

    /**
     * All that comes until the other side closes.
     *
     * @throws Broken
     */
    public function takeAll(Deadline $deadline): string
    {
        while ($this->fill($deadline, self::BYTES_MAX)) {
            continue;
        }
        $taken = $this->buffer;
        $this->buffer = '';
        return $taken;
    }

    /**
     * So many bytes.
     *
     * @throws Broken
     */
    public function take(int $length, Deadline $deadline): string
    {
        if ($length > self::BYTES_MAX) {
            throw new Broken('the answer is too large');
        }
        while (strlen($this->buffer) < $length) {
            $this->fillOrBreak($deadline, $length + self::READ_BYTES);
        }
        $taken = substr($this->buffer, 0, $length);
        $this->buffer = substr($this->buffer, $length);
        return $taken;
    }

    /**
     * What comes before the next end mark, which is taken too.
     *
     * @throws Broken
     */
    public function takeUntil(string $end, Deadline $deadline): string
    {
        while (($at = strpos($this->buffer, $end)) === false) {
            $this->fillOrBreak($deadline, self::LINE_BYTES_MAX);
        }
        $taken = substr($this->buffer, 0, $at);
        $this->buffer = substr($this->buffer, $at + strlen($end));
        return $taken;
    }

    public function close(): void
    {
        if (is_resource($this->stream)) {
            fclose($this->stream);
        }
    }

    private function fillOrBreak(Deadline $deadline, int $bytesMax): void
    {
        if (!$this->fill($deadline, $bytesMax)) {
            throw new Broken("{$this->address->authority()} has closed the connection");
        }
    }

    /** Reads what there is, and waits for it; false at the end of the stream. */
    private function fill(Deadline $deadline, int $bytesMax): bool
    {
        if (strlen($this->buffer) > $bytesMax) {
            throw new Broken('the answer is too large');
        }
        // Read first, wait then: TLS may have bytes decrypted already, of which a wait knows
        // nothing.
        while (true) {
            $chunk = (string) @fread($this->stream, self::READ_BYTES);
            if ($chunk !== '') {
                $this->buffer .= $chunk;
                return true;
            }
            if (feof($this->stream)) {
                return false;
            }
            $this->await($deadline, false);
        }
    }

    private function await(Deadline $deadline, bool $toWrite): void
    {
        $left = $deadline->leftUs();
        if ($left === 0) {
            throw new Broken("{$this->address->authority()} didn't answer in time");
        }
        // TLS may have to read in order to write.
        $read = !$toWrite || $this->address->secure ? [$this->stream] : null;
        $write = $toWrite ? [$this->stream] : null;
        $except = null;
        // A signal ends the wait early, with a warning; the caller's loop comes back here.
        @stream_select($read, $write, $except, intdiv($left, 1_000_000), $left % 1_000_000);
    }
}
