<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Error\Refused;
use Imq\Json;
use Imq\Status;

/**
 * An operation as it goes over the wire: the same bytes at every attempt, under the same key.
 *
 * @internal
 */
final class Request
{
    private const KEY_BYTES_MAX = 128;

    public readonly string $path;
    public readonly string $body;
    private readonly ?string $idempotencyKey;

    /** @param ?string $idempotencyKey null: a random one for a write, none for a read */
    public function __construct(public readonly Operation $operation, ?string $idempotencyKey)
    {
        $idempotencyKey ??= $operation->writes ? bin2hex(random_bytes(16)) : null;
        $max = self::KEY_BYTES_MAX;
        $fits = $idempotencyKey === null
            || preg_match("/^[\x21-\x7e]{1,{$max}}$/D", $idempotencyKey) === 1;
        if (!$fits) {
            throw new \InvalidArgumentException(
                "an Idempotency-Key has 1 to {$max} visible ASCII characters, as a UUID has",
            );
        }
        $this->path = "/rpc/v1/{$operation->method}";
        $this->body = Json::write((object) $operation->fields);
        $this->idempotencyKey = $idempotencyKey;
    }

    /** @return array<string, string> */
    public function headers(#[\SensitiveParameter] string $apiKey): array
    {
        $headers = [
            'Authorization' => "Bearer {$apiKey}",
            'Content-Type' => 'application/json',
            'Accept' => 'application/json',
            'User-Agent' => 'imq-php',
        ];
        return $this->idempotencyKey === null
            ? $headers
            : $headers + ['Idempotency-Key' => $this->idempotencyKey];
    }

    /** That it was refused, for a reason which this side has found out. */
    public function refused(
        Status $status,
        string $reason,
        bool $mayRetry,
        ?\Throwable $previous = null,
    ): Refused {
        return Refused::of(
            $this->operation->method,
            $status->value,
            $reason,
            $mayRetry,
            $this->idempotencyKey,
            $previous,
        );
    }

    /** That it was refused, in the other side's words; null if they are none of imq's. */
    public function refusedBy(mixed $error): ?Refused
    {
        return self::readError($this->operation->method, $error, $this->idempotencyKey);
    }

    /** The `error` of an answer, or of an item of a batch. */
    public static function readError(
        string $method,
        mixed $error,
        ?string $idempotencyKey,
    ): ?Refused {
        $status = $error->status ?? null;
        $message = $error->message ?? '';
        if (!is_int($status) || !is_string($message)) {
            return null;
        }
        $mayRetry = ($error->may_retry ?? false) === true;
        return Refused::of($method, $status, $message, $mayRetry, $idempotencyKey);
    }
}
