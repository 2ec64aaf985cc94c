<?php

declare(strict_types=1);

namespace Imq\Error;

use Imq\Status;

/**
 * The gateway's answer was no. Each status has a class of its own below this one; a status that
 * this version doesn't know is a plain `Refused`.
 *
 * Refusals other than {@see OutcomeUnknown} have changed nothing.
 */
class Refused extends \RuntimeException implements ImqException
{
    final public function __construct(
        /** What was asked for, `send_message` for example. */
        public readonly string $operation,
        /** The number on the wire; {@see Status} names those that are known. */
        public readonly int $status,
        /** The other side's words. */
        public readonly string $reason,
        /** Whether the same request may succeed a little later. */
        public readonly bool $mayRetry,
        /** Under which a write went, so that the application can send the same again; or null. */
        public readonly ?string $idempotencyKey = null,
        ?\Throwable $previous = null,
    ) {
        parent::__construct("{$operation}: {$reason}", $status, $previous);
    }

    /** The refusal of the class that belongs to the status. */
    public static function of(
        string $operation,
        int $status,
        string $reason,
        bool $mayRetry = false,
        ?string $idempotencyKey = null,
        ?\Throwable $previous = null,
    ): self {
        $class = match (Status::tryFrom($status)) {
            Status::OutcomeUnknown => OutcomeUnknown::class,
            Status::Invalid => Invalid::class,
            Status::NotFound => NotFound::class,
            Status::Forbidden => Forbidden::class,
            Status::Limit => Limit::class,
            Status::Precondition => Precondition::class,
            Status::Conflict => Conflict::class,
            Status::Unimplemented => Unimplemented::class,
            Status::Internal => Internal::class,
            Status::Unavailable => Unavailable::class,
            Status::Unauthenticated => Unauthenticated::class,
            Status::Ok, null => self::class,
        };
        return new $class($operation, $status, $reason, $mayRetry, $idempotencyKey, $previous);
    }
}
