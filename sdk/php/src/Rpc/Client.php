<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Error\Refused;
use Imq\Error\Unreadable;
use Imq\Fields;

/**
 * The back end's door to imq: everything that it can do to queues and users.
 *
 * Each method throws {@see Refused}, or the class below it that belongs to the status. Writes carry
 * an Idempotency-Key, a random one unless one is given: give one where the application itself may
 * ask again for the same thing, after a crash or for a repeated web hook. A key is remembered for
 * two minutes.
 */
final class Client
{
    private readonly Caller $caller;

    public function __construct(Settings $settings)
    {
        $this->caller = new Caller($settings);
    }

    /** @return int the queue's `seq`, as of all writes below */
    public function createQueue(string $queue, ?string $idempotencyKey = null): int
    {
        return $this->run(Operation::createQueue($queue), $idempotencyKey)->seq();
    }

    public function deleteQueue(string $queue, ?string $idempotencyKey = null): int
    {
        return $this->run(Operation::deleteQueue($queue), $idempotencyKey)->seq();
    }

    public function createMount(
        string $queue,
        string $mount,
        MountKind $kind,
        ?string $idempotencyKey = null,
    ): int {
        return $this->run(Operation::createMount($queue, $mount, $kind), $idempotencyKey)->seq();
    }

    public function deleteMount(string $queue, string $mount, ?string $idempotencyKey = null): int
    {
        return $this->run(Operation::deleteMount($queue, $mount), $idempotencyKey)->seq();
    }

    public function joinUser(string $queue, string $user, ?string $idempotencyKey = null): int
    {
        return $this->run(Operation::joinUser($queue, $user), $idempotencyKey)->seq();
    }

    public function removeUser(string $queue, string $user, ?string $idempotencyKey = null): int
    {
        return $this->run(Operation::removeUser($queue, $user), $idempotencyKey)->seq();
    }

    /** @param mixed $payload anything that has a JSON, or {@see \Imq\Bytes} */
    public function sendMessage(
        string $queue,
        string $mount,
        mixed $payload,
        ?string $idempotencyKey = null,
    ): int {
        return $this->run(Operation::sendMessage($queue, $mount, $payload), $idempotencyKey)->seq();
    }

    /** @param Change|list<Change> $changes all are made, or none */
    public function sendState(
        string $queue,
        string $mount,
        Change|array $changes,
        ?string $idempotencyKey = null,
    ): int {
        $changes = $changes instanceof Change ? [$changes] : $changes;
        $operation = Operation::sendState($queue, $mount, ...$changes);
        return $this->run($operation, $idempotencyKey)->seq();
    }

    /** @return Page<Entry> */
    public function getState(
        string $queue,
        string $mount,
        string $keyPrefix = '',
        string $after = '',
        int $limit = 0,
    ): Page {
        $answer = $this->run(Operation::getState($queue, $mount, $keyPrefix, $after, $limit));
        $entries = array_map(Entry::of(...), $answer->objects('entries'));
        return new Page($entries, $answer->text('next'), $answer->seq());
    }

    /**
     * The newest messages before a `seq`, the oldest first.
     *
     * @param int $beforeSeq 0: up to the newest
     * @return Page<Message> its `next` is the `beforeSeq` of the page before it
     */
    public function getHistory(
        string $queue,
        string $mount,
        int $beforeSeq = 0,
        int $limit = 0,
    ): Page {
        $answer = $this->run(Operation::getHistory($queue, $mount, $beforeSeq, $limit));
        $messages = array_map(Message::of(...), $answer->objects('messages'));
        return new Page($messages, $answer->text('next'), $answer->seq());
    }

    public function getQueue(string $queue): QueueInfo
    {
        $answer = $this->run(Operation::getQueue($queue));
        return QueueInfo::of($answer->object('queue') ?? $answer);
    }

    /** @return Page<string> */
    public function listQueues(string $prefix = '', string $after = '', int $limit = 0): Page
    {
        $answer = $this->run(Operation::listQueues($prefix, $after, $limit));
        return new Page($answer->texts('queues'), $answer->text('next'), 0);
    }

    /** @return Page<string> user ids, none where the queue's class has no presence of users */
    public function listMembers(string $queue, string $after = '', int $limit = 0): Page
    {
        $answer = $this->run(Operation::listMembers($queue, $after, $limit));
        $total = $answer->has('member_count') ? $answer->int('member_count') : null;
        return new Page($answer->texts('members'), $answer->text('next'), $answer->seq(), $total);
    }

    public function getUser(string $user): UserInfo
    {
        $answer = $this->run(Operation::getUser($user));
        return UserInfo::of($answer->object('user') ?? $answer);
    }

    /** @param string $reason what the user is told */
    public function disconnectUser(
        string $user,
        string $reason = '',
        ?string $idempotencyKey = null,
    ): void {
        $this->run(Operation::disconnectUser($user, $reason), $idempotencyKey);
    }

    /**
     * Runs several operations with one request: the way to send much. Those of one queue run in
     * their order; one that is refused keeps none of the others from being done.
     *
     * @param list<Operation> $operations
     * @return list<Outcome> in the same order
     */
    public function batch(array $operations, ?string $idempotencyKey = null): array
    {
        if ($operations === []) {
            return [];
        }
        $answer = $this->run(Operation::batch(...$operations), $idempotencyKey);
        $results = $answer->objects('results');
        if (count($results) !== count($operations)) {
            throw new Unreadable('a batch was answered with another number of results');
        }
        return array_map($this->outcome(...), $results, array_values($operations));
    }

    /**
     * The walk over all pages of something: give the method that gets one, as `$page($after)`.
     *
     * What is added or removed meanwhile may be in it or not.
     *
     * @template T
     * @param callable(string): Page<T> $page
     * @return \Generator<int, T>
     */
    public static function all(callable $page): \Generator
    {
        $after = '';
        do {
            $one = $page($after);
            foreach ($one->items as $item) {
                yield $item;
            }
            $after = $one->next;
        } while (!$one->isLast());
    }

    /** Ends the connection; the next call makes another. */
    public function close(): void
    {
        $this->caller->close();
    }

    private function outcome(Fields $result, Operation $operation): Outcome
    {
        $error = $result->value('error');
        if ($error === null) {
            return Outcome::answered($result->object('body') ?? new Fields(new \stdClass()));
        }
        $refused = Request::readError($operation->method, $error, null);
        return Outcome::refused($refused ?? throw new Unreadable('an error without a status'));
    }

    private function run(Operation $operation, ?string $idempotencyKey = null): Fields
    {
        return $this->caller->call(new Request($operation, $idempotencyKey));
    }
}
