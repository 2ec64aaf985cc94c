<?php

declare(strict_types=1);

/*
 * Runs all tests: `php tests/run.php [WORD]`, with WORD only those whose names have it.
 *
 * Each `*_test.php` gives functions by the sentence that they prove. With IMQ_RPC and IMQ_RPC_KEY
 * set those against a live cluster run, too; without, they are skipped, and said to be. Nothing that
 * a cluster answers makes a test skipped. The last line counts, and the exit code is 1 if one has
 * failed.
 */

namespace Imq\Tests;

require __DIR__ . '/../autoload.php';
require __DIR__ . '/Check.php';
require __DIR__ . '/Program.php';
require __DIR__ . '/FakeGateway.php';
require __DIR__ . '/ExampleApp.php';
require __DIR__ . '/WebSocket.php';

// A notice is a mistake, too.
error_reporting(E_ALL);
set_error_handler(static function (int $kind, string $text, string $file, int $line): bool {
    if ((error_reporting() & $kind) === 0) {
        return false;
    }
    throw new \ErrorException($text, 0, $kind, $file, $line);
});

$word = $argv[1] ?? '';
$passed = 0;
$failed = 0;
$skipped = 0;
foreach (glob(__DIR__ . '/*_test.php') as $file) {
    foreach (require $file as $sentence => $test) {
        $name = basename($file, '_test.php') . ": {$sentence}";
        if ($word !== '' && !str_contains($name, $word)) {
            continue;
        }
        try {
            $test();
            $passed++;
            echo "ok      {$name}\n";
        } catch (Skipped $reason) {
            $skipped++;
            echo "skipped {$name}: {$reason->getMessage()}\n";
        } catch (\Throwable $error) {
            $failed++;
            echo "FAILED  {$name}\n{$error}\n";
        }
    }
}
echo "{$passed} passed, {$failed} failed, {$skipped} skipped\n";
exit($failed === 0 && $passed > 0 ? 0 : 1);
