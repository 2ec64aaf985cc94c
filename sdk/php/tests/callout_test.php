<?php

declare(strict_types=1);

namespace Imq\Tests;

use Imq\Bytes;
use Imq\Callout\Ask;
use Imq\Callout\AskKind;
use Imq\Callout\Forged;
use Imq\Callout\Gate;
use Imq\Callout\Receiver;
use Imq\Callout\Reply;
use Imq\Callout\Secret;
use Imq\Callout\Tell;
use Imq\Callout\TellKind;
use Imq\Callout\Verdict;
use Imq\Status;

// The test vector of Standard Webhooks.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = 1_614_265_330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

$headers = fn (
    string $signature = SIGNATURE,
    string $timestamp = '1614265330',
    string $id = ID,
): array => [
    'Webhook-Id' => $id,
    'webhook-timestamp' => $timestamp,
    'WEBHOOK-SIGNATURE' => $signature,
];
$other = 'whsec_' . base64_encode(str_repeat('x', 32));
$gate = new Gate([new Secret(SECRET)]);

/** What a receiver answers to a body that is signed as it must be. */
$post = function (Receiver $receiver, array|string $body): Reply {
    $body = is_string($body) ? $body : json_encode($body);
    $signature = (new Secret(SECRET))->sign(ID, AT, $body);
    $headers = [
        'webhook-id' => ID,
        'webhook-timestamp' => (string) AT,
        'webhook-signature' => $signature,
    ];
    return $receiver->handle('POST', $headers, $body, AT);
};
$receiver = function (array &$log = []): Receiver {
    return new Receiver([new Secret(SECRET)], function (string $text) use (&$log): void {
        $log[] = $text;
    });
};
$ask = fn (string $kind, array $fields = []): array =>
    ['type' => 'ask', 'kind' => $kind, 'id' => 's/1'] + $fields;
$tell = fn (string $kind, int $seq, array $fields = []): array => [
    'id' => "/room/1:5:{$seq}:{$kind}",
    'kind' => $kind,
    'queue' => '/room/1',
    'epoch' => 5,
    'seq' => $seq,
] + $fields;

return [
    'the signature is that of Standard Webhooks' => function () use ($gate, $headers): void {
        Check::same(SIGNATURE, (new Secret(SECRET))->sign(ID, AT, BODY));
        $gate->check($headers(), BODY, AT);
    },

    'one good signature among several is enough' => function () use (
        $gate,
        $headers,
        $other,
    ): void {
        $theirs = (new Secret($other))->sign(ID, AT, BODY);
        $gate->check($headers("{$theirs} v1a,xyz " . SIGNATURE), BODY, AT);
        (new Gate([new Secret($other), new Secret(SECRET)]))->check($headers(), BODY, AT);
    },

    'what is forged, old or truncated is not let in' => function () use (
        $gate,
        $headers,
        $other,
    ): void {
        $theirs = (new Secret($other))->sign(ID, AT, BODY);
        $forged = [
            [$headers($theirs), BODY, AT],
            [$headers(substr(SIGNATURE, 0, -1)), BODY, AT],
            [$headers(substr(SIGNATURE, 3)), BODY, AT],
            [$headers('v2' . substr(SIGNATURE, 2)), BODY, AT],
            [$headers('v1,'), BODY, AT],
            [$headers(str_repeat('v1,x ', 20) . SIGNATURE), BODY, AT],
            [$headers(), substr(BODY, 0, -1), AT],
            [$headers(), BODY . ' ', AT],
            [$headers(id: 'msg_other'), BODY, AT],
            [$headers(timestamp: '1614265331'), BODY, AT],
            [$headers(timestamp: '1614265330.5'), BODY, AT],
            [$headers(timestamp: '-1'), BODY, AT],
            [$headers(timestamp: ' 1614265330'), BODY, AT],
            [$headers(), BODY, AT + 301],
            [$headers(), BODY, AT - 301],
            [['webhook-id' => ID], BODY, AT],
            [[], BODY, AT],
        ];
        foreach ($forged as [$given, $body, $now]) {
            Check::throws(Forged::class, fn () => $gate->check($given, $body, $now));
        }
        $gate->check($headers(), BODY, AT + 300);
        $gate->check($headers(), BODY, AT - 300);
    },

    'a secret that is none is named' => function (): void {
        $short = 'whsec_' . base64_encode('short');
        foreach (['', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', $short, 'whsec_***'] as $text) {
            Check::throws(\InvalidArgumentException::class, fn () => new Secret($text));
        }
        Check::throws(\InvalidArgumentException::class, fn () => new Gate([]));
    },

    'a question comes with its fields, and the verdict goes back' =>
        function () use ($receiver, $post, $ask): void {
            $asked = null;
            $one = $receiver()->ask(AskKind::Subscribe, function (Ask $ask) use (&$asked): Verdict {
                $asked = $ask;
                return $ask->user === 'ann'
                    ? Verdict::allow()
                    : Verdict::deny('not you', Status::Limit);
            });
            $queue = ['queue' => '/room/1', 'class' => '/room/*'];
            $fields = ['user' => 'ann', 'session' => 's'] + $queue;
            $reply = $post($one, $ask('subscribe', $fields + ['something_new' => [1]]));
            Check::same([200, '{"allow":true}'], [$reply->httpStatus, $reply->body]);
            Check::same(['s/1', 'ann', 's', '/room/1', '/room/*', '', null], [
                $asked->id,
                $asked->user,
                $asked->session,
                $asked->queue,
                $asked->class,
                $asked->mount,
                $asked->payload,
            ]);
            $reply = $post($one, $ask('subscribe', ['user' => 'bob']));
            Check::same('{"allow":false,"status":8,"message":"not you"}', $reply->body);
        },

    'each kind of question has its verdict' => function () use ($receiver, $post, $ask): void {
        $one = $receiver()
            ->ask(AskKind::Connect, fn (Ask $ask) => Verdict::connectAs("of {$ask->token}", 60))
            ->ask(AskKind::SendMessage, fn (Ask $ask) => Verdict::amend([$ask->payload]))
            ->ask(AskKind::SendState, fn (Ask $ask) => Verdict::deny($ask->changes[0]->text('key')))
            ->ask(AskKind::Call, fn (Ask $ask) => Verdict::answer($ask->payload));
        $given = fn (array $body): string => $post($one, $body)->body;
        Check::same(
            '{"allow":true,"user":"of t","expires_in_s":60}',
            $given($ask('connect', ['token' => 't'])),
        );
        $payload = ['payload' => ['a' => (object) []]];
        Check::same('{"allow":true,"payload":[{"a":{}}]}', $given($ask('send_message', $payload)));
        $changes = ['changes' => [['key' => 'k', 'add' => 1]]];
        Check::has('"message":"k"', $given($ask('send_state', $changes)));
        $bytes = $ask('call', ['payload_base64' => '/wA=']);
        Check::same('{"payload_base64":"/wA="}', $given($bytes));
        Check::has('"allow":false', $given($ask('create_queue')));
        Check::has('"allow":false', $given($ask('a_kind_of_tomorrow')));
    },

    'news come in their order to those who want them' => function () use (
        $receiver,
        $post,
        $tell,
    ): void {
        $heard = [];
        $hear = function (Tell $tell) use (&$heard): void {
            $who = "{$tell->user} {$tell->generation}";
            $heard[] = "{$tell->id} {$who} {$tell->reason} {$tell->atMs}";
        };
        $one = $receiver()->tell(TellKind::Joined, $hear)->tell(TellKind::Left, $hear);
        $ann = ['user' => 'ann', 'session' => 's', 'generation' => 2 ** 52, 'at_ms' => 9];
        $reply = $post($one, ['type' => 'tell', 'tells' => [
            $tell('joined', 1, $ann),
            $tell('queue_first_join', 1),
            $tell('a_kind_of_tomorrow', 2),
            $tell('left', 3, ['reason' => 'bye'] + $ann),
        ]]);
        Check::same([204, ''], [$reply->httpStatus, $reply->body]);
        Check::same([
            '/room/1:5:1:joined ann 4503599627370496  9',
            '/room/1:5:3:left ann 4503599627370496 bye 9',
        ], $heard);
    },

    'a failure is an error for the gateway, and its reason stays here' =>
        function () use ($receiver, $post, $ask, $tell): void {
            $log = [];
            $fail = fn () => throw new \RuntimeException('password is 1234');
            $one = $receiver($log)
                ->ask(AskKind::Subscribe, $fail)
                ->ask(AskKind::Call, fn () => Verdict::allow())
                ->tell(TellKind::Joined, $fail);
            $news = ['type' => 'tell', 'tells' => [$tell('joined', 1)]];
            foreach ([$ask('subscribe'), $ask('call'), $news] as $body) {
                $reply = $post($one, $body);
                Check::same(500, $reply->httpStatus);
                Check::same(false, str_contains($reply->body, '1234'));
            }
            Check::has('password is 1234', $log[0]);
            Check::has('no answer to a `call`', $log[1]);
        },

    'what is no call-out is refused' => function () use ($receiver, $post, $ask, $headers): void {
        $one = $receiver()->ask(AskKind::Subscribe, fn () => Verdict::allow());
        $cases = [
            [400, $post($one, '')],
            [400, $post($one, '[]')],
            [400, $post($one, '{')],
            [400, $post($one, str_repeat('{"a":', 200) . '1' . str_repeat('}', 200))],
            [400, $post($one, ['type' => 'shout'])],
            [400, $post($one, '{"type":"tell","tells":[{"reason":{"\u0000":1}}]}')],
            [400, $post($one, ['type' => 'tell', 'tells' => 'x'])],
            [405, $one->handle('GET', [], '', AT)],
            [413, $one->handle('POST', [], str_repeat(' ', Receiver::BODY_BYTES_MAX + 1), AT)],
            [401, $one->handle('POST', $headers('v1,x'), '{}', AT)],
        ];
        foreach ($cases as $at => [$status, $reply]) {
            Check::same([$at, $status], [$at, $reply->httpStatus]);
        }
    },

    'a question that PHP can\'t hold is denied, not left without an answer' => function () use (
        $receiver,
        $post,
        $ask,
    ): void {
        $log = [];
        $one = $receiver($log)
            ->ask(AskKind::Subscribe, fn () => Verdict::allow())
            ->ask(AskKind::SendState, fn () => Verdict::allow())
            ->ask(AskKind::SendMessage, fn (Ask $ask) => Verdict::amend([$ask->payload]));
        $sent = fn (string $payload): string => '{"type":"ask","kind":"send_message","id":"s/1",'
            . "\"user\":\"ann\",\"payload\":{$payload}}";
        $bodies = [
            $sent('{"\u0000":1}'),
            $sent('{"a":[{"\u0000a":1}]}'),
            $sent('"\ud800"'),
            $sent('1e999'),
            '{"type":"ask","kind":"send_state","id":"s/1","changes":[{"key":"k","set":{"\u0000":1}}]}',
            $ask('subscribe', ['user' => 7]),
            $ask('send_state', ['changes' => ['x']]),
        ];
        foreach ($bodies as $at => $body) {
            $reply = $post($one, $body);
            Check::same([$at, 200], [$at, $reply->httpStatus]);
            Check::has('{"allow":false,"status":3,"message":"', $reply->body);
        }
        Check::same(count($bodies), count($log));
        $reply = $post($one, $sent('{"\u00e9":"\ud83d\ude00"}'));
        Check::same('{"allow":true,"payload":[{"é":"😀"}]}', $reply->body);
    },

    'a payload of bytes is bytes' => function () use ($receiver, $post, $ask): void {
        $one = $receiver()->ask(AskKind::SendMessage, function (Ask $ask): Verdict {
            Check::same("\xff\0", $ask->payload->raw);
            return Verdict::amend(new Bytes('x'));
        });
        $reply = $post($one, $ask('send_message', ['payload_base64' => '/wA=']));
        Check::same('{"allow":true,"payload_base64":"eA=="}', $reply->body);
    },
];
