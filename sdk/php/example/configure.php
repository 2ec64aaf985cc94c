<?php

declare(strict_types=1);

/*
 * Gives the boss a cluster configuration: `IMQ_ADMIN_KEY=… php configure.php BOSS_URL FILE`.
 */

[, $boss, $file] = $argv + [1 => '', 2 => ''];
$key = getenv('IMQ_ADMIN_KEY');
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => ["Authorization: Bearer {$key}", 'Content-Type: application/toml'],
    'content' => (string) file_get_contents($file),
    'ignore_errors' => true,
    'timeout' => 10,
]]);
$answer = file_get_contents("{$boss}/api/v1/config", false, $context);
if ($answer === false || !str_contains($http_response_header[0] ?? '', ' 200')) {
    fwrite(STDERR, "the boss refuses {$file}: {$answer}\n");
    exit(1);
}
