<?php

declare(strict_types=1);

namespace Imq\Tests;

use Imq\Bytes;
use Imq\Error\Conflict;
use Imq\Error\NotFound;
use Imq\Error\Precondition;
use Imq\Error\Unauthenticated;
use Imq\Rpc\Change;
use Imq\Rpc\Client;
use Imq\Rpc\MountKind;
use Imq\Rpc\Operation;
use Imq\Rpc\Settings;

/*
 * Against a cluster that runs: IMQ_RPC has the RPC addresses of its gateways, with spaces between
 * them, IMQ_RPC_KEY its key, IMQ_GATEWAY the WebSocket address of one with development
 * authentication. It has the class `/room/*` of `imq dev`.
 */

$client = function (?string $key = null): Client {
    $gateways = getenv('IMQ_RPC') ?: throw new Skipped('IMQ_RPC is not set');
    $key ??= (string) getenv('IMQ_RPC_KEY');
    return new Client(new Settings(explode(' ', $gateways), $key));
};
$room = '/room/php-' . bin2hex(random_bytes(4));

return [
    'messages are sent and read' => function () use ($client, $room): void {
        $one = $client();
        $one->createQueue($room);
        $object = new \stdClass();
        $payload = ['o' => $object, 'l' => [], 'f' => 1.0, 'ü' => null];
        $first = $one->sendMessage($room, 'chat', $payload);
        $second = $one->sendMessage($room, 'chat', new Bytes("\xff\0"));
        Check::same($first + 1, $second);
        [$json, $bytes] = $one->getHistory($room, 'chat')->items;
        Check::same('{"o":{},"l":[],"f":1.0,"ü":null}', \Imq\Json::write($json->payload));
        Check::same("\xff\0", $bytes->payload->raw);
        $page = fn (string $after) => $one->getHistory($room, 'chat', (int) $after, limit: 1);
        $messages = iterator_to_array(Client::all($page), false);
        Check::same([$second, $first], array_column($messages, 'seq'));
    },

    'the same key runs once, another body under it is refused' => function () use (
        $client,
        $room,
    ): void {
        $one = $client();
        $key = bin2hex(random_bytes(16));
        $first = $one->sendMessage($room, 'chat', 'once', $key);
        Check::same($first, $one->sendMessage($room, 'chat', 'once', $key));
        Check::throws(Conflict::class, fn () => $one->sendMessage($room, 'chat', 'twice', $key));
        Check::same($first, $one->getQueue($room)->seq);
    },

    'state is set, added to, compared and read in pages' => function () use ($client, $room): void {
        $one = $client();
        $one->sendState($room, 'scores', [
            Change::set('a', ['x' => 1]),
            Change::add('b', 5),
            Change::add('c', -5)->forMs(60_000),
        ]);
        $version = $one->sendState($room, 'scores', Change::add('b', 1));
        $page = fn (string $after) => $one->getState($room, 'scores', after: $after, limit: 2);
        $entries = iterator_to_array(Client::all($page), false);
        Check::same(['a', 'b', 'c'], array_column($entries, 'key'));
        Check::same([6, $version], [$entries[1]->value, $entries[1]->version]);
        $change = Change::set('b', 0);
        $stale = fn () => $one->sendState($room, 'scores', $change->ifVersion($version - 1));
        Check::throws(Precondition::class, $stale);
        $one->sendState($room, 'scores', $change->ifVersion($version));
        $one->sendState($room, 'scores', Change::delete('a'));
        Check::same([], $one->getState($room, 'scores', keyPrefix: 'a')->items);
    },

    'queues are listed and described' => function () use ($client, $room): void {
        $one = $client();
        $queues = Client::all(fn (string $after) => $one->listQueues('/room/php-', $after));
        Check::same(true, in_array($room, iterator_to_array($queues, false), true));
        $info = $one->getQueue($room);
        Check::same([$room, '/room/*', 0], [$info->queue, $info->class, $info->members]);
        Check::same(['chat', 'scores'], array_column($info->mounts, 'name'));
        Check::same([], $one->listMembers($room)->items);
    },

    'mounts come and go' => function () use ($client, $room): void {
        $one = $client();
        $one->createMount($room, 'map', MountKind::State);
        $one->sendState($room, 'map', Change::set('0:0', 'grass'));
        $one->deleteMount($room, 'map');
        Check::throws(NotFound::class, fn () => $one->getState($room, 'map'));
    },

    'who is not online is nobody to put in' => function () use ($client, $room): void {
        $one = $client();
        $who = 'ann-' . bin2hex(random_bytes(4));
        Check::throws(NotFound::class, fn () => $one->getUser($who));
        Check::throws(NotFound::class, fn () => $one->joinUser($room, $who));
        Check::throws(NotFound::class, fn () => $one->removeUser($room, $who));
    },

    'users are put in and out, looked at and disconnected' =>
        function () use ($client, $room): void {
            $one = $client();
            $gateway = getenv('IMQ_GATEWAY') ?: throw new Skipped('IMQ_GATEWAY is not set');
            $who = 'ann-' . bin2hex(random_bytes(4));
            $socket = new WebSocket($gateway, ['user' => $who, 'client_name' => 'test']);
            $session = $socket->await('welcome')->session_id;
            $one->joinUser($room, $who);
            $socket->await('subscribed', fn (\stdClass $it): bool => $it->queue === $room);
            Check::same([$who], $one->listMembers($room)->items);
            $info = $one->getUser($who);
            Check::same([true, $session, 'test'], [
                $info->online,
                $info->sessions[0]->id,
                $info->sessions[0]->clientName,
            ]);
            $one->removeUser($room, $who);
            $socket->await('unsubscribed');
            Check::same([], $one->listMembers($room)->items);
            $one->disconnectUser($who, 'enough');
            Check::same(3503, $socket->await('closing')->code);
        },

    'a batch runs its items' => function () use ($client, $room): void {
        $one = $client();
        $outcomes = $one->batch([
            Operation::sendMessage($room, 'chat', 'in a batch'),
            Operation::getQueue('/room/php-none'),
            Operation::getQueue($room),
        ]);
        Check::throws(NotFound::class, fn () => $outcomes[1]->answer());
        $seq = $outcomes[2]->answer()->object('queue')?->seq();
        Check::same(true, $seq >= $outcomes[0]->answer()->seq() - 1);
    },

    'a wrong key is told' => function () use ($client, $room): void {
        $stranger = $client('wrong');
        Check::throws(Unauthenticated::class, fn () => $stranger->getQueue($room));
    },

    'what was created is deleted' => function () use ($client, $room): void {
        $one = $client();
        $one->deleteQueue($room);
        Check::throws(NotFound::class, fn () => $one->getQueue($room));
    },
];
