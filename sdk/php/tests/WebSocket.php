<?php

declare(strict_types=1);

namespace Imq\Tests;

/**
 * A client of imq's JSON over WebSocket, as small as the tests allow. It reads frames of text
 * without fragments, which is what gateways send.
 */
final class WebSocket
{
    /** @var resource */
    private $stream;
    private int $operation = 0;

    /** @var list<array{string, \stdClass}> names and bodies that wait for their reader */
    private array $frames = [];

    /** @param array<string, mixed> $connect fields of the first frame */
    public function __construct(string $url, array $connect)
    {
        $parts = parse_url($url);
        $this->stream = stream_socket_client("tcp://{$parts['host']}:{$parts['port']}");
        stream_set_timeout($this->stream, 10);
        $key = base64_encode(random_bytes(16));
        fwrite($this->stream, "GET {$parts['path']} HTTP/1.1\r\nHost: {$parts['host']}\r\n"
            . "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            . "Sec-WebSocket-Key: {$key}\r\nSec-WebSocket-Protocol: imq.json.v1\r\n\r\n");
        Check::has(' 101 ', (string) fgets($this->stream));
        do {
            $line = rtrim((string) fgets($this->stream));
        } while ($line !== '');
        $this->send('connect', ['protocol' => 1] + $connect);
    }

    /** @param array<string, mixed> $fields */
    public function send(string $name, array $fields): void
    {
        $text = json_encode([$name => (object) $fields]);
        $mask = random_bytes(4);
        $length = strlen($text);
        $head = "\x81" . ($length < 126 ? chr(0x80 | $length) : "\xfe" . pack('n', $length));
        $masked = $text ^ substr(str_repeat($mask, intdiv($length, 4) + 1), 0, $length);
        fwrite($this->stream, $head . $mask . $masked);
    }

    /**
     * Does an operation and waits for its result.
     *
     * @param array<string, mixed> $fields
     */
    public function operate(string $name, array $fields): \stdClass
    {
        $id = ++$this->operation;
        $this->send($name, ['op_id' => $id] + $fields);
        return $this->await('result', fn (\stdClass $result): bool => $result->op_id === $id);
    }

    /**
     * The next frame of that name that is wanted; those before it are kept.
     *
     * @param ?callable(\stdClass): bool $isWanted
     */
    public function await(string $name, ?callable $isWanted = null): \stdClass
    {
        for ($at = 0; ; $at++) {
            while ($at >= count($this->frames)) {
                $this->read();
            }
            [$given, $body] = $this->frames[$at];
            if ($given === $name && ($isWanted === null || $isWanted($body))) {
                array_splice($this->frames, $at, 1);
                return $body;
            }
        }
    }

    private function read(): void
    {
        [$kind, $length] = array_values(unpack('C2', $this->take(2)));
        $length = match ($length) {
            126 => unpack('n', $this->take(2))[1],
            127 => unpack('J', $this->take(8))[1],
            default => $length,
        };
        $text = $this->take($length);
        if ($kind !== 0x81) {
            $seen = json_encode($this->frames);
            throw new \RuntimeException("the gateway has closed the connection after {$seen}");
        }
        $frames = json_decode($text, false, 512, JSON_THROW_ON_ERROR);
        foreach (is_array($frames) ? $frames : [$frames] as $frame) {
            foreach (get_object_vars($frame) as $name => $body) {
                if ($name === 'ping') {
                    $this->send('pong', ['nonce' => $body->nonce]);
                } else {
                    $this->frames[] = [$name, $body];
                }
            }
        }
    }

    private function take(int $length): string
    {
        $bytes = $length === 0 ? '' : (string) stream_get_contents($this->stream, $length);
        if (strlen($bytes) < $length) {
            $seen = json_encode($this->frames);
            throw new \RuntimeException("nothing more comes after {$seen}");
        }
        return $bytes;
    }
}
