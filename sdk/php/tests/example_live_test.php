<?php

declare(strict_types=1);

namespace Imq\Tests;

/*
 * The example with a cluster, all of it as run.sh starts it. IMQ_EXAMPLE has the page's address.
 */

$app = fn (): ExampleApp => ExampleApp::at(
    rtrim(getenv('IMQ_EXAMPLE') ?: throw new Skipped('IMQ_EXAMPLE is not set'), '/'),
);
$tag = bin2hex(random_bytes(4));

/** Logs in and connects. */
$enter = function (ExampleApp $app, string $name): array {
    [, $login] = $app->ask('POST', '/login', ['name' => $name]);
    $socket = new WebSocket($login->gateway, ['token' => $login->token, 'client_name' => 'test']);
    Check::same($name, $socket->await('welcome')->user);
    return [$socket, $login->token];
};

return [
    'two people, a password, scores, a ban' => function () use ($app, $enter, $tag): void {
        $app = $app();
        [$ann, $annsToken] = $enter($app, "ann-{$tag}");
        [$bob, $bobsToken] = $enter($app, "bob-{$tag}");
        $both = ["ann-{$tag}", "bob-{$tag}"];
        $online = fn (): array => $app->ask('GET', '/rooms')[1]->online;
        Check::until('both are online', fn (): bool => array_diff($both, $online()) === []);

        $room = "den-{$tag}";
        $queue = ['queue' => "/room/{$room}"];
        Check::same(5, $ann->operate('subscribe', $queue)->status);
        $password = ['name' => $room, 'password' => 'open'];
        Check::same(200, $app->ask('POST', '/rooms', $password, $annsToken)[0]);
        Check::same(0, $ann->operate('subscribe', $queue)->status);
        $ann->await('subscribed', fn (\stdClass $it): bool => $it->queue === $queue['queue']);

        $refused = $bob->operate('subscribe', $queue);
        Check::same(7, $refused->status);
        Check::has('password', $refused->error_message);
        $right = ['room' => $room, 'password' => 'open'];
        Check::same(200, $app->ask('POST', '/rooms/password', $right, $bobsToken)[0]);
        Check::same(0, $bob->operate('subscribe', $queue)->status);
        Check::same(["bob-{$tag}"], $ann->await('joined')->users);

        $present = function () use ($app, $room): array {
            $rooms = array_column($app->ask('GET', '/rooms')[1]->rooms, 'present', 'name');
            return $rooms[$room] ?? [];
        };
        Check::until('both are there', fn (): bool => count($present()) === 2);

        $rolled = $bob->operate('call', ['method' => 'roll', 'payload' => $queue]);
        Check::same(0, $rolled->status);
        $score = $ann->await('state')->changes[0];
        Check::same(["bob-{$tag}", $rolled->payload->rolled], [$score->key, $score->value]);
        $cheat = ['mount' => 'scores', 'changes' => [['key' => "bob-{$tag}", 'set' => 1000]]];
        Check::same(7, $bob->operate('send_state', $queue + $cheat)->status);

        $ban = ['room' => $room, 'user' => "bob-{$tag}"];
        Check::same(200, $app->ask('POST', '/rooms/ban', $ban, $annsToken)[0]);
        $bob->await('unsubscribed');
        Check::same(["bob-{$tag}"], $ann->await('left')->users);
        Check::has('banned', $bob->operate('subscribe', $queue)->error_message);

        $ann->send('bye', []);
        Check::until('nobody is there', fn (): bool => $present() === []);
    },

    'a forged token lets nobody in' => function () use ($app, $tag): void {
        [, $login] = $app()->ask('POST', '/login', ['name' => "eve-{$tag}"]);
        $socket = new WebSocket($login->gateway, ['token' => "{$login->token}x"]);
        Check::same(3501, $socket->await('closing')->code);
    },
];
