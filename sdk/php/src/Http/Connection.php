<?php

declare(strict_types=1);

namespace Imq\Http;

/**
 * One connection to a gateway that carries one request after another (HTTP/1.1 keep-alive).
 *
 * It is made of PHP's own streams, because their `http://` wrapper closes after each request and
 * ext-curl isn't everywhere.
 */
final class Connection
{
    private function __construct(private readonly Socket $socket, private readonly Address $address)
    {
    }

    /**
     * @param array<string, mixed> $tls options of PHP's `ssl` stream context, such as `cafile`
     * @throws ConnectFailed
     */
    public static function open(Address $address, Deadline $deadline, array $tls): self
    {
        return new self(Socket::open($address, $deadline, $tls), $address);
    }

    /** Whether it can take a request. */
    public function isIdle(): bool
    {
        return $this->socket->isIdle();
    }

    public function close(): void
    {
        $this->socket->close();
    }

    /**
     * Sends a POST and returns its answer. After an exception, or if the other side wants so, the
     * connection is closed.
     *
     * @param array<string, string> $headers
     * @throws Broken
     */
    public function post(string $path, array $headers, string $body, Deadline $deadline): Response
    {
        $head = "POST {$path} HTTP/1.1\r\nHost: {$this->address->authority()}\r\n"
            . 'Content-Length: ' . strlen($body) . "\r\n";
        foreach ($headers as $name => $value) {
            $head .= "{$name}: {$value}\r\n";
        }
        try {
            $this->socket->write("{$head}\r\n{$body}", $deadline);
            $response = $this->readResponse($deadline);
        } catch (Broken $error) {
            $this->close();
            throw $error;
        }
        if (strtolower($response->headers['connection'] ?? '') === 'close') {
            $this->close();
        }
        return $response;
    }

    private function readResponse(Deadline $deadline): Response
    {
        do {
            [$status, $headers] = $this->readHead($deadline);
        } while ($status >= 100 && $status < 200);
        if (strtolower($headers['transfer-encoding'] ?? '') === 'chunked') {
            return new Response($status, $headers, $this->readChunks($deadline));
        }
        $length = $headers['content-length'] ?? null;
        if ($length === null) {
            $body = $this->socket->takeAll($deadline);
            return new Response($status, ['connection' => 'close'] + $headers, $body);
        }
        if (!ctype_digit($length) || strlen($length) > 10) {
            throw new Broken('the content-length of the answer is not a number');
        }
        return new Response($status, $headers, $this->socket->take((int) $length, $deadline));
    }

    /** @return array{int, array<string, string>} */
    private function readHead(Deadline $deadline): array
    {
        $lines = explode("\r\n", $this->socket->takeUntil("\r\n\r\n", $deadline));
        if (preg_match('~^HTTP/1\.([01]) (\d{3})\b~', $lines[0], $found) !== 1) {
            throw new Broken("{$this->address->authority()} doesn't speak HTTP/1");
        }
        // Before HTTP/1.1 a connection closes unless a header says otherwise.
        $headers = $found[1] === '0' ? ['connection' => 'close'] : [];
        foreach (array_slice($lines, 1) as $line) {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $headers[strtolower(trim($name))] = trim($value);
        }
        return [(int) $found[2], $headers];
    }

    private function readChunks(Deadline $deadline): string
    {
        $body = '';
        do {
            $size = strtok($this->socket->takeUntil("\r\n", $deadline), '; ');
            if ($size === false || !ctype_xdigit($size) || strlen($size) > 8) {
                throw new Broken('the answer has a chunk size that is not a number');
            }
            $length = (int) hexdec($size);
            if (strlen($body) + $length > Socket::BYTES_MAX) {
                throw new Broken('the answer is too large');
            }
            $body .= $this->socket->take($length, $deadline);
            $ending = $length > 0 ? $this->socket->takeUntil("\r\n", $deadline) : '';
            if ($ending !== '') {
                throw new Broken('the answer has a chunk that is longer than it says');
            }
        } while ($length > 0);
        // What may follow the last chunk are headers, which nobody needs, and an empty line.
        while ($this->socket->takeUntil("\r\n", $deadline) !== '') {
        }
        return $body;
    }
}
