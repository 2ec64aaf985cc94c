<?php

declare(strict_types=1);

namespace Imq\Tests;

use Imq\Bytes;
use Imq\Error\Conflict;
use Imq\Error\Forbidden;
use Imq\Error\Internal;
use Imq\Error\NotFound;
use Imq\Error\OutcomeUnknown;
use Imq\Error\Refused;
use Imq\Error\Unauthenticated;
use Imq\Error\Unavailable;
use Imq\Error\Unreadable;
use Imq\Rpc\Change;
use Imq\Rpc\Client;
use Imq\Rpc\MountKind;
use Imq\Rpc\Operation;
use Imq\Rpc\Settings;

$ok = fn (array $body): array => ['http' => 200, 'body' => (object) $body];
$error = fn (int $http, int $status, bool $mayRetry = false): array => [
    'http' => $http,
    'body' => ['error' => [
        'status' => $status,
        'code' => 'x',
        'message' => 'because',
        'may_retry' => $mayRetry,
    ]],
];
$unavailable = $error(503, 14, true);
$client = fn (FakeGateway $fake, int $timeoutMs = 5_000): Client =>
    new Client(new Settings($fake->url(), 'a-key', $timeoutMs, firstWaitMs: 1));
$nobody = fn (): string => 'http://127.0.0.1:' . Program::freePort();

return [
    'a request is what the protocol says' => function () use ($ok, $client): void {
        $fake = new FakeGateway($ok(['seq' => 7]));
        $payload = ['a' => 1.0, 'b' => new \stdClass()];
        $seq = $client($fake)->sendMessage('/room/ü', 'chat', $payload);
        Check::same(7, $seq);
        $request = $fake->request();
        Check::same('POST /rpc/v1/send_message HTTP/1.1', $request->line);
        Check::same('Bearer a-key', $request->headers->authorization);
        Check::same('application/json', $request->headers->{'content-type'});
        Check::same(1, preg_match('/^[0-9a-f]{32}$/', $request->headers->{'idempotency-key'}));
        $wanted = '{"queue":"/room/ü","mount":"chat","payload":{"a":1.0,"b":{}}}';
        Check::same($wanted, $request->body);
    },

    'a connection is kept' => function () use ($ok, $client): void {
        $fake = new FakeGateway($ok(['seq' => 1]), $ok(['seq' => 2]), $ok(['seq' => 3]));
        $one = $client($fake);
        foreach ([1, 2, 3] as $seq) {
            Check::same($seq, $one->createQueue('/room/1'));
            Check::same(1, $fake->request()->connection);
        }
    },

    'writes have keys of their own, reads have none' => function () use ($ok, $client): void {
        $fake = new FakeGateway($ok([]), $ok([]), $ok([]), $ok([]));
        $one = $client($fake);
        $one->joinUser('/room/1', 'ann');
        $one->joinUser('/room/1', 'ann');
        $one->joinUser('/room/1', 'ann', 'mine');
        $one->listMembers('/room/1');
        $keys = [];
        for ($i = 0; $i < 4; $i++) {
            $keys[] = $fake->request()->headers->{'idempotency-key'} ?? null;
        }
        Check::same(true, $keys[0] !== $keys[1]);
        Check::same(['mine', null], array_slice($keys, 2));
    },

    'every method has its fields' => function () use ($ok): void {
        $wanted = [
            'create_queue {"queue":"/q"}' => Operation::createQueue('/q'),
            'delete_queue {"queue":"/q"}' => Operation::deleteQueue('/q'),
            'create_mount {"queue":"/q","mount":"m","kind":"state"}' =>
                Operation::createMount('/q', 'm', MountKind::State),
            'delete_mount {"queue":"/q","mount":"m"}' => Operation::deleteMount('/q', 'm'),
            'join_user {"queue":"/q","user":"ann"}' => Operation::joinUser('/q', 'ann'),
            'remove_user {"queue":"/q","user":"ann"}' => Operation::removeUser('/q', 'ann'),
            'send_message {"queue":"/q","mount":"m","payload":0}' =>
                Operation::sendMessage('/q', 'm', 0),
            'send_message {"queue":"/q","mount":"m","payload_base64":"/wA="}' =>
                Operation::sendMessage('/q', 'm', new Bytes("\xff\0")),
            'send_state {"queue":"/q","mount":"m","changes":[{"if_version":0,"key":"a","set":null},'
                . '{"key":"b","delete":true},{"ttl_ms":5,"key":"c","add":-1},'
                . '{"if_absent":true,"key":"d","set_base64":"AA=="}]}' => Operation::sendState(
                    '/q',
                    'm',
                    Change::set('a', null)->ifVersion(0),
                    Change::delete('b'),
                    Change::add('c', -1)->forMs(5),
                    Change::set('d', new Bytes("\0"))->ifAbsent(),
                ),
            'get_state {"queue":"/q","mount":"m"}' => Operation::getState('/q', 'm'),
            'get_state {"queue":"/q","mount":"m","key_prefix":"a","after":"b","limit":3}' =>
                Operation::getState('/q', 'm', 'a', 'b', 3),
            'get_history {"queue":"/q","mount":"m","before_seq":9,"limit":2}' =>
                Operation::getHistory('/q', 'm', 9, 2),
            'get_queue {"queue":"/q"}' => Operation::getQueue('/q'),
            'list_queues {}' => Operation::listQueues(),
            'list_members {"queue":"/q","after":"ann","limit":1}' =>
                Operation::listMembers('/q', 'ann', 1),
            'get_user {"user":"ann"}' => Operation::getUser('ann'),
            'disconnect_user {"user":"ann","reason":"bye"}' =>
                Operation::disconnectUser('ann', 'bye'),
            'batch {"items":[{"method":"get_user","body":{"user":"ann"}},'
                . '{"method":"list_queues","body":{}}]}' =>
                Operation::batch(Operation::getUser('ann'), Operation::listQueues()),
        ];
        foreach ($wanted as $line => $one) {
            $given = "{$one->method} " . \Imq\Json::write((object) $one->fields);
            Check::same($line, $given);
        }
    },

    'results are read' => function () use ($ok, $client): void {
        $session = ['session_id' => 's', 'gateway' => 'g1', 'since_ms' => 5, 'detached' => true];
        $user = ['user' => 'ann', 'online' => true, 'sessions' => [$session], 'queues' => ['/q']];
        $mounts = [['name' => 'chat', 'kind' => 'message', 'entries' => 1, 'bytes' => 2]];
        $entry = ['key' => 'k', 'value_base64' => 'AA==', 'version' => 2];
        $message = ['seq' => 1, 'from' => 'ann', 'payload' => [], 'sent_at_ms' => 9];
        $fake = new FakeGateway(
            $ok(['user' => $user]),
            $ok($user),
            $ok(['queue' => ['queue' => '/q', 'epoch' => 2 ** 47, 'mounts' => $mounts]]),
            $ok(['seq' => 3, 'entries' => [$entry], 'next' => 'k']),
            $ok(['messages' => [$message, ['seq' => 2, 'payload' => null]]]),
            $ok(['members' => ['ann'], 'member_count' => 1]),
        );
        $one = $client($fake);
        foreach ([1, 2] as $_) {
            $ann = $one->getUser('ann');
            Check::same(['ann', true, ['/q']], [$ann->user, $ann->online, $ann->queues]);
            Check::same(true, $ann->sessions[0]->detached);
        }
        $queue = $one->getQueue('/q');
        Check::same([2 ** 47, MountKind::Message], [$queue->epoch, $queue->mounts[0]->kind]);
        $page = $one->getState('/q', 'm');
        Check::same(["\0", 2, 'k', 3], [
            $page->items[0]->value->raw,
            $page->items[0]->version,
            $page->next,
            $page->seq,
        ]);
        [$first, $second] = $one->getHistory('/q', 'm')->items;
        Check::same(['ann', [], null, null], [
            $first->from,
            $first->payload,
            $second->from,
            $second->payload,
        ]);
        $members = $one->listMembers('/q');
        Check::same([['ann'], 1, true], [$members->items, $members->total, $members->isLast()]);
    },

    'all pages are walked' => function () use ($ok, $client): void {
        $first = $ok(['queues' => ['/a', '/b'], 'next' => '/b']);
        $fake = new FakeGateway($first, $ok(['queues' => ['/c']]));
        $one = $client($fake);
        $queues = Client::all(fn (string $after) => $one->listQueues('/', $after));
        Check::same(['/a', '/b', '/c'], iterator_to_array($queues, false));
        $fake->request();
        Check::same('{"prefix":"/","after":"/b"}', $fake->request()->body);
    },

    'each status has its exception' => function () use ($error, $client): void {
        $statuses = [
            2 => [504, OutcomeUnknown::class],
            7 => [403, Forbidden::class],
            10 => [409, Conflict::class],
            13 => [500, Internal::class],
            16 => [401, Unauthenticated::class],
            99 => [418, Refused::class],
        ];
        foreach ($statuses as $status => [$http, $class]) {
            $fake = new FakeGateway($error($http, $status));
            $thrown = Check::throws($class, fn () => $client($fake)->createQueue('/q'));
            Check::same('create_queue: because', $thrown->getMessage());
            Check::same([$status, false, 'because'], [
                $thrown->status,
                $thrown->mayRetry,
                $thrown->reason,
            ]);
            Check::same($fake->request()->headers->{'idempotency-key'}, $thrown->idempotencyKey);
        }
    },

    'unavailable is tried again with the same key' => function () use (
        $ok,
        $unavailable,
        $client,
    ): void {
        $fake = new FakeGateway($unavailable, $unavailable, $ok(['seq' => 4]));
        Check::same(4, $client($fake)->sendMessage('/q', 'm', 1));
        $seen = [];
        for ($i = 0; $i < 3; $i++) {
            $request = $fake->request();
            $seen[] = $request->headers->{'idempotency-key'} . $request->body;
        }
        Check::same(1, count(array_unique($seen)));
    },

    'a lost answer is asked for again with the same key' => function () use ($ok, $client): void {
        $fake = new FakeGateway(['break' => true], $ok(['seq' => 4]));
        Check::same(4, $client($fake)->sendMessage('/q', 'm', 1));
        $first = $fake->request();
        $second = $fake->request();
        Check::same([1, 2], [$first->connection, $second->connection]);
        $key = 'idempotency-key';
        Check::same($first->headers->{$key}, $second->headers->{$key});
    },

    'a connection that was closed meanwhile costs nothing' => function () use ($ok, $client): void {
        $close = ['close' => true];
        $fake = new FakeGateway(
            $ok(['seq' => 1]) + $close,
            $ok(['seq' => 2]) + ['length' => false],
            $ok(['seq' => 3]) + ['chunked' => true],
            $ok(['seq' => 4]),
        );
        $one = $client($fake);
        foreach ([1, 2, 3, 3] as $at => $connection) {
            Check::same($at + 1, $one->createQueue('/q'));
            Check::same($connection, $fake->request()->connection);
        }
    },

    'the next gateway is asked when one is down' => function () use ($ok, $nobody): void {
        $fake = new FakeGateway($ok(['seq' => 1]), $ok(['seq' => 2]));
        $one = new Client(new Settings([$nobody(), $fake->url()], 'k', firstWaitMs: 60_000));
        Check::same(1, $one->createQueue('/q'));
        Check::same(2, $one->createQueue('/q'));
    },

    'when nobody is there nothing was done' => function () use ($nobody): void {
        $one = new Client(new Settings($nobody(), 'k', timeoutMs: 100));
        $thrown = Check::throws(Unavailable::class, fn () => $one->createQueue('/q'));
        Check::same(true, $thrown->mayRetry);
    },

    'a write without an answer may have run, a read does not matter' => function () use (
        $client,
    ): void {
        $hang = ['hang' => true];
        $fake = new FakeGateway($hang, $hang, $hang);
        Check::throws(OutcomeUnknown::class, fn () => $client($fake, 100)->createQueue('/q'));
        Check::throws(Unavailable::class, fn () => $client($fake, 100)->getQueue('/q'));
    },

    'what may have run stays so when the gateway is gone after it' => function () use (
        $nobody,
    ): void {
        $fake = new FakeGateway(['break' => true]);
        $gateways = [$fake->url(), $nobody()];
        $one = new Client(new Settings($gateways, 'k', timeoutMs: 60, firstWaitMs: 60_000));
        Check::throws(OutcomeUnknown::class, fn () => $one->createQueue('/q'));
    },

    'answers that are not imq\'s are told apart' => function () use ($client): void {
        $fake = new FakeGateway(
            ['http' => 404, 'body' => '<html>'],
            ['http' => 200, 'body' => '[]'],
            ['http' => 200, 'body' => ['seq' => 'seven']],
        );
        $thrown = Check::throws(NotFound::class, fn () => $client($fake)->createQueue('/q'));
        Check::has('RPC address', $thrown->getMessage());
        Check::throws(OutcomeUnknown::class, fn () => $client($fake)->createQueue('/q'));
        Check::throws(Unreadable::class, fn () => $client($fake)->createQueue('/q'));
    },

    'broken HTTP harms nobody' => function () use ($client): void {
        $answers = [
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
            'HTTP/1.1 200 OK' . str_repeat('x', 200_000),
        ];
        foreach ($answers as $raw) {
            $fake = new FakeGateway(['raw' => $raw]);
            Check::throws(OutcomeUnknown::class, fn () => $client($fake, 200)->createQueue('/q'));
        }
    },

    'a batch has an outcome for each item' => function () use ($ok, $error, $client): void {
        $fake = new FakeGateway($ok(['results' => [
            ['status' => 200, 'body' => ['seq' => 5]],
            ['status' => 403] + $error(403, 7)['body'],
        ]]));
        [$sent, $refused] = $client($fake)->batch([
            Operation::sendMessage('/q', 'm', 1),
            Operation::deleteQueue('/p'),
        ]);
        Check::same([5, null], [$sent->answer()->seq(), $sent->refused]);
        Check::throws(Forbidden::class, fn () => $refused->answer());
        Check::same('delete_queue', $refused->refused->operation);
        Check::same([], $client($fake)->batch([]));
    },

    'a batch is sent again for items that were unavailable' =>
        function () use ($ok, $unavailable, $client): void {
            $done = ['status' => 200, 'body' => ['seq' => 5]];
            $open = ['status' => 503] + $unavailable['body'];
            $whole = $ok(['results' => [$done, $done]]);
            $fake = new FakeGateway($ok(['results' => [$done, $open]]), $whole);
            $send = Operation::sendMessage('/q', 'm', 1);
            [, $second] = $client($fake)->batch([$send, $send]);
            Check::same(5, $second->answer()->seq());
            $key = 'idempotency-key';
            Check::same($fake->request()->headers->{$key}, $fake->request()->headers->{$key});
        },

    'a batch is not sent again where that would break an order' =>
        function () use ($ok, $unavailable, $client): void {
            $done = ['status' => 200, 'body' => ['seq' => 5]];
            $open = ['status' => 503] + $unavailable['body'];
            $fake = new FakeGateway($ok(['results' => [$open, $done]]));
            $send = Operation::sendMessage('/q', 'm', 1);
            [$first, $second] = $client($fake)->batch([$send, $send]);
            Check::same(5, $second->answer()->seq());
            Check::throws(Unavailable::class, fn () => $first->answer());
        },

    'mistakes of the program are named' => function () use ($client): void {
        $fake = new FakeGateway();
        $mistakes = [
            fn () => $client($fake)->sendMessage('/q', 'm', "\xff"),
            fn () => $client($fake)->createQueue('/q', "two\r\nlines"),
            fn () => $client($fake)->createQueue('/q', str_repeat('k', 129)),
            fn () => new Settings('ftp://host', 'k'),
            fn () => new Settings('http://host/path', 'k'),
            fn () => new Settings('http://user@host', 'k'),
            fn () => new Settings([], 'k'),
            fn () => new Settings('http://host', "a\nb"),
            fn () => new Settings('http://host', 'k', timeoutMs: 60_001),
        ];
        foreach ($mistakes as $mistake) {
            Check::throws(\InvalidArgumentException::class, $mistake);
        }
    },
];
