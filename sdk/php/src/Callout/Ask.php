<?php

declare(strict_types=1);

namespace Imq\Callout;

use Imq\Fields;

/**
 * A question, while a user waits for the answer. Fields that don't apply to its kind are empty.
 */
final class Ask
{
    /** @param list<Fields> $changes */
    private function __construct(
        public readonly AskKind $kind,
        /** The same when the same question is asked again. */
        public readonly string $id,
        public readonly string $user,
        public readonly string $session,
        /** Of `call` only if the client has named one. */
        public readonly string $queue,
        /** The pattern of the queue's class. */
        public readonly string $class,
        public readonly string $mount,
        /** Of `send_message` and `call`: any JSON value, or {@see \Imq\Bytes}. */
        public readonly mixed $payload,
        /** Of `send_state`, as the client wrote them: `{key, set | delete | add, …}`. */
        public readonly array $changes,
        /** Of `call`. */
        public readonly string $method,
        /** Of `connect`. */
        public readonly string $token,
        public readonly string $clientName,
        public readonly string $clientVersion,
        public readonly string $gateway,
    ) {
    }

    /** @throws \Imq\Error\Unreadable */
    public static function read(Fields $fields, AskKind $kind): self
    {
        return new self(
            $kind,
            $fields->text('id'),
            $fields->text('user'),
            $fields->text('session'),
            $fields->text('queue'),
            $fields->text('class'),
            $fields->text('mount'),
            $fields->value('payload'),
            $fields->objects('changes'),
            $fields->text('method'),
            $fields->text('token'),
            $fields->text('client_name'),
            $fields->text('client_version'),
            $fields->text('gateway'),
        );
    }
}
