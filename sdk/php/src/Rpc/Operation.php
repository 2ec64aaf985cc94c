<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Json;

/**
 * One request of the back end: a method and its fields. {@see Client} has a method for each that
 * runs it at once; made here they go together, with {@see Client::batch()}.
 */
final class Operation
{
    /** @param array<string, mixed> $fields */
    private function __construct(
        public readonly string $method,
        public readonly array $fields,
        /** Whether it changes something, and so must not run twice. */
        public readonly bool $writes,
    ) {
    }

    public static function createQueue(string $queue): self
    {
        return self::write('create_queue', ['queue' => $queue]);
    }

    public static function deleteQueue(string $queue): self
    {
        return self::write('delete_queue', ['queue' => $queue]);
    }

    public static function createMount(string $queue, string $mount, MountKind $kind): self
    {
        $fields = ['queue' => $queue, 'mount' => $mount, 'kind' => $kind->value];
        return self::write('create_mount', $fields);
    }

    public static function deleteMount(string $queue, string $mount): self
    {
        return self::write('delete_mount', ['queue' => $queue, 'mount' => $mount]);
    }

    public static function joinUser(string $queue, string $user): self
    {
        return self::write('join_user', ['queue' => $queue, 'user' => $user]);
    }

    public static function removeUser(string $queue, string $user): self
    {
        return self::write('remove_user', ['queue' => $queue, 'user' => $user]);
    }

    /** @param mixed $payload anything that has a JSON, or {@see \Imq\Bytes} */
    public static function sendMessage(string $queue, string $mount, mixed $payload): self
    {
        $fields = ['queue' => $queue, 'mount' => $mount] + Json::field('payload', $payload);
        return self::write('send_message', $fields);
    }

    public static function sendState(string $queue, string $mount, Change ...$changes): self
    {
        $fieldsOf = fn (Change $change): array => $change->fields();
        $changes = array_map($fieldsOf, array_values($changes));
        $fields = ['queue' => $queue, 'mount' => $mount, 'changes' => $changes];
        return self::write('send_state', $fields);
    }

    /** @param int $limit entries of one page; 0: as many as there may be */
    public static function getState(
        string $queue,
        string $mount,
        string $keyPrefix = '',
        string $after = '',
        int $limit = 0,
    ): self {
        return self::read('get_state', [
            'queue' => $queue,
            'mount' => $mount,
            'key_prefix' => $keyPrefix,
            'after' => $after,
            'limit' => $limit,
        ]);
    }

    /** @param int $beforeSeq 0: the newest */
    public static function getHistory(
        string $queue,
        string $mount,
        int $beforeSeq = 0,
        int $limit = 0,
    ): self {
        return self::read('get_history', [
            'queue' => $queue,
            'mount' => $mount,
            'before_seq' => $beforeSeq,
            'limit' => $limit,
        ]);
    }

    public static function getQueue(string $queue): self
    {
        return self::read('get_queue', ['queue' => $queue]);
    }

    public static function listQueues(string $prefix = '', string $after = '', int $limit = 0): self
    {
        $fields = ['prefix' => $prefix, 'after' => $after, 'limit' => $limit];
        return self::read('list_queues', $fields);
    }

    public static function listMembers(string $queue, string $after = '', int $limit = 0): self
    {
        $fields = ['queue' => $queue, 'after' => $after, 'limit' => $limit];
        return self::read('list_members', $fields);
    }

    public static function getUser(string $user): self
    {
        return self::read('get_user', ['user' => $user]);
    }

    /** @param string $reason what the user is told */
    public static function disconnectUser(string $user, string $reason = ''): self
    {
        return self::write('disconnect_user', ['user' => $user, 'reason' => $reason]);
    }

    /** Several, which run independently of each other. */
    public static function batch(self ...$operations): self
    {
        $items = [];
        $writes = false;
        foreach ($operations as $operation) {
            $items[] = ['method' => $operation->method, 'body' => (object) $operation->fields];
            $writes = $writes || $operation->writes;
        }
        return new self('batch', ['items' => $items], $writes);
    }

    /** @param array<string, mixed> $fields */
    private static function write(string $method, array $fields): self
    {
        return new self($method, self::named($fields), true);
    }

    /** @param array<string, mixed> $fields */
    private static function read(string $method, array $fields): self
    {
        return new self($method, self::named($fields), false);
    }

    /**
     * Without the fields that are at their default, but for those whose values may be anything.
     *
     * @param array<string, mixed> $fields
     * @return array<string, mixed>
     */
    private static function named(array $fields): array
    {
        $isSaid = fn (mixed $value, string $name): bool =>
            $name === 'payload' || ($value !== '' && $value !== 0);
        return array_filter($fields, $isSaid, ARRAY_FILTER_USE_BOTH);
    }
}
