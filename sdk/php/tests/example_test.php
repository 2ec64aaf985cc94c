<?php

declare(strict_types=1);

namespace Imq\Tests;

/*
 * The example application by itself: gateways' words are made here.
 */

$ok = fn (array $body): array => ['http' => 200, 'body' => (object) $body];
$created = [$ok(['seq' => 0]), $ok(['queue' => ['queue' => '/room/den', 'epoch' => 5]])];
$login = fn (ExampleApp $app, string $name): string =>
    $app->ask('POST', '/login', ['name' => $name])[1]->token;
$ask = fn (string $kind, string $user, array $fields = []): array => [
    'type' => 'ask',
    'kind' => $kind,
    'id' => "{$user}/1",
    'user' => $user,
    'session' => 's',
] + $fields;
$tell = fn (string $kind, string $user, int $seq, int $epoch = 5): array => [
    'id' => "/room/den:{$epoch}:{$seq}:{$kind}",
    'kind' => $kind,
    'queue' => '/room/den',
    'epoch' => $epoch,
    'seq' => $seq,
    'user' => $user,
    'generation' => $seq,
];
$tells = fn (array ...$tells): array => ['type' => 'tell', 'tells' => $tells];
$den = ['queue' => '/room/den'];

return [
    'a token is handed out, and is good at the connect call-out' => function () use (
        $login,
        $ask,
    ): void {
        $app = ExampleApp::start('http://127.0.0.1:1');
        $token = $login($app, 'ann');
        [$status, $verdict] = $app->callOut($ask('connect', '', ['token' => $token]));
        Check::same([200, true, 'ann'], [$status, $verdict->allow, $verdict->user]);
        Check::same(true, $verdict->expires_in_s > 3_500);
        [, $verdict] = $app->callOut($ask('connect', '', ['token' => "{$token}x"]));
        Check::same([false, 16], [$verdict->allow, $verdict->status]);
        Check::same(400, $app->ask('POST', '/login', ['name' => '../x'])[0]);
        Check::same(400, $app->ask('POST', '/login', ['name' => ['x']])[0]);
        Check::same(401, $app->ask('POST', '/imq', ['type' => 'tell'])[0]);
    },

    'a room has a password and a list of the banned' => function () use (
        $created,
        $login,
        $ask,
        $ok,
        $den,
    ): void {
        $fake = new FakeGateway(...$created, ...[$ok(['seq' => 3])]);
        $app = ExampleApp::start($fake->url());
        [$ann, $bob] = [$login($app, 'ann'), $login($app, 'bob')];
        $mayEnter = fn (string $user): \stdClass =>
            $app->callOut($ask('subscribe', $user, $den))[1];
        Check::same(5, $mayEnter('ann')->status);

        $room = ['name' => 'den', 'password' => 'open'];
        Check::same(401, $app->ask('POST', '/rooms', $room)[0]);
        [$status, $answer] = $app->ask('POST', '/rooms', $room, $ann);
        Check::same([200, '/room/den'], [$status, $answer->queue]);
        Check::same('{"queue":"/room/den"}', $fake->request()->body);
        $fake->request();

        Check::same(true, $mayEnter('ann')->allow);
        Check::has('password', $mayEnter('bob')->message);
        $wrong = ['room' => 'den', 'password' => 'shut'];
        Check::same(403, $app->ask('POST', '/rooms/password', $wrong, $bob)[0]);
        Check::same(false, $mayEnter('bob')->allow);
        $right = ['room' => 'den', 'password' => 'open'];
        Check::same(200, $app->ask('POST', '/rooms/password', $right, $bob)[0]);
        Check::same(true, $mayEnter('bob')->allow);

        $ban = fn (string $user): array => ['room' => 'den', 'user' => $user];
        Check::same(403, $app->ask('POST', '/rooms/ban', $ban('ann'), $bob)[0]);
        Check::same(200, $app->ask('POST', '/rooms/ban', $ban('bob'), $ann)[0]);
        $request = $fake->request();
        Check::same('{"queue":"/room/den","user":"bob"}', $request->body);
        Check::has('remove_user', $request->line);
        Check::has('banned', $mayEnter('bob')->message);
    },

    'a room that exists is a conflict' => function () use ($login): void {
        $error = ['status' => 10, 'code' => 'conflict', 'message' => 'there already'];
        $fake = new FakeGateway(['http' => 409, 'body' => ['error' => $error]]);
        $app = ExampleApp::start($fake->url());
        Check::same(409, $app->ask('POST', '/rooms', ['name' => 'den'], $login($app, 'ann'))[0]);
    },

    'joined and left are heard once each, and only of the present room' =>
        function () use ($created, $login, $tell, $tells): void {
            $fake = new FakeGateway(...$created);
            $app = ExampleApp::start($fake->url());
            $app->ask('POST', '/rooms', ['name' => 'den'], $login($app, 'ann'));
            $present = fn (): array => $app->ask('GET', '/rooms')[1]->rooms[0]->present;
            $joined = $tells($tell('joined', 'ann', 1), $tell('joined', 'bob', 2));
            Check::same(204, $app->callOut($joined)[0]);
            $app->callOut($tells($tell('left', 'ann', 3), $tell('joined', 'eve', 4, epoch: 4)));
            Check::same(['bob'], $present());
            $app->callOut($joined);
            Check::same(['bob'], $present());
            $app->callOut($tells($tell('queue_destroyed', '', 9, epoch: 4)));
            Check::same(['bob'], $present());
            $app->callOut($tells($tell('queue_destroyed', '', 10)));
            Check::same([], $app->ask('GET', '/rooms')[1]->rooms);
        },

    'who is online is known, in spite of late news' => function () use ($tell, $tells): void {
        $app = ExampleApp::start('http://127.0.0.1:1');
        $online = fn (): array => $app->ask('GET', '/rooms')[1]->online;
        $app->callOut($tells($tell('user_online', 'ann', 1), $tell('user_online', '17', 5)));
        Check::same(['ann', '17'], $online());
        $app->callOut($tells($tell('user_offline', 'ann', 2), $tell('user_offline', '17', 4)));
        Check::same(['17'], $online());
    },

    'a roll is added to the scores, once' => function () use (
        $created,
        $login,
        $ask,
        $tell,
        $tells,
        $ok,
    ): void {
        $offline = $ok(['user' => ['user' => 'bob', 'queues' => []]]);
        $fake = new FakeGateway(...$created, ...[$ok(['seq' => 2]), $ok(['seq' => 2]), $offline]);
        $app = ExampleApp::start($fake->url());
        $app->ask('POST', '/rooms', ['name' => 'den'], $login($app, 'ann'));
        $app->callOut($tells($tell('joined', 'ann', 1)));
        $roll = ['method' => 'roll', 'payload' => ['queue' => '/room/den']];
        [, $first] = $app->callOut($ask('call', 'ann', $roll));
        [, $again] = $app->callOut($ask('call', 'ann', $roll));
        Check::same(true, $first->payload->rolled >= 1 && $first->payload->rolled <= 6);
        Check::same($first->payload->rolled, $again->payload->rolled);
        $requests = array_map(fn () => $fake->request(), range(1, 4));
        $key = 'idempotency-key';
        Check::same('roll:ann/1', $requests[2]->headers->{$key});
        Check::same($requests[2]->headers->{$key}, $requests[3]->headers->{$key});
        $change = "{\"key\":\"ann\",\"add\":{$first->payload->rolled}}";
        Check::same(
            "{\"queue\":\"/room/den\",\"mount\":\"scores\",\"changes\":[{$change}]}",
            $requests[3]->body,
        );
        Check::same(false, $app->callOut($ask('call', 'bob', $roll))[1]->allow);
        Check::same(5, $app->callOut($ask('call', 'ann', ['method' => 'cheat']))[1]->status);
    },
];
