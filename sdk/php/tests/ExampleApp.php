<?php

declare(strict_types=1);

namespace Imq\Tests;

use Imq\Callout\Secret;

/** The example on PHP's own web server, and what browsers and gateways say to it. */
final class ExampleApp
{
    /** @param string $url without a slash at its end */
    private function __construct(
        private readonly string $url,
        private readonly ?Program $program,
        private readonly ?Secret $secret,
        private readonly ?string $data,
    ) {
    }

    public function __destruct()
    {
        $this->program?->end();
        if ($this->data !== null) {
            array_map(unlink(...), glob("{$this->data}/*"));
            rmdir($this->data);
        }
    }

    /** Started here, beside a gateway that is none. */
    public static function start(string $rpc): self
    {
        $port = Program::freePort();
        $secret = 'whsec_' . base64_encode(random_bytes(32));
        $data = sys_get_temp_dir() . '/imq-example-' . bin2hex(random_bytes(8));
        mkdir($data);
        $public = __DIR__ . '/../example/public';
        $program = new Program(['-S', "127.0.0.1:{$port}", '-t', $public, "{$public}/index.php"], [
            'IMQ_RPC' => $rpc,
            'IMQ_RPC_KEY' => 'a-key',
            'IMQ_GATEWAY' => 'ws://gateway',
            'IMQ_CALLOUT_SECRET' => $secret,
            'IMQ_TOKEN_SECRET' => bin2hex(random_bytes(32)),
            'EXAMPLE_DATA' => "{$data}/data.json",
        ], withErrors: true);
        $program->readUpTo('started');
        return new self("http://127.0.0.1:{$port}", $program, new Secret($secret), $data);
    }

    /** One that somebody else has started. */
    public static function at(string $url): self
    {
        return new self($url, null, null, null);
    }

    /** @return array{int, ?\stdClass} the HTTP status and the answer */
    public function ask(string $method, string $path, array $body = [], string $token = ''): array
    {
        $headers = $token === '' ? [] : ["Authorization: Bearer {$token}"];
        return $this->request($method, $path, $headers, $body === [] ? '' : json_encode($body));
    }

    /** @return array{int, ?\stdClass} */
    public function callOut(array $body): array
    {
        $text = json_encode($body);
        $now = time();
        return $this->request('POST', '/imq', [
            'webhook-id: msg_1',
            "webhook-timestamp: {$now}",
            "webhook-signature: {$this->secret->sign('msg_1', $now, $text)}",
        ], $text);
    }

    /** @return array{int, ?\stdClass} */
    private function request(string $method, string $path, array $headers, string $body): array
    {
        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => [...$headers, 'Content-Type: application/json'],
            'content' => $body,
            'ignore_errors' => true,
            'timeout' => 10,
        ]]);
        $text = file_get_contents($this->url . $path, false, $context);
        return [(int) explode(' ', $http_response_header[0])[1], json_decode($text)];
    }
}
