<?php

declare(strict_types=1);

/*
 * The application's one door: browsers' requests and imq's call-outs. It is the router of PHP's own
 * web server; behind another server it is what all requests are led to.
 */

namespace Example;

use Imq\Error\ImqException;
use Imq\Json;
use Imq\Rpc;
use Imq\Token;

require __DIR__ . '/../../autoload.php';
foreach (['Settings', 'Refusal', 'Room', 'Memory', 'Store', 'Pages', 'Callouts'] as $class) {
    require __DIR__ . "/../src/{$class}.php";
}

$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($_SERVER['REQUEST_METHOD'] === 'GET' && $path === '/') {
    header('Content-Type: text/html; charset=utf-8');
    readfile(__DIR__ . '/page.html');
    return;
}

// imq's library for pages, as `npm run build` in sdk/js has made it.
if (preg_match('#^/imq-client/((?:[a-z]+/)*[a-z]+\.js)$#D', $path, $found) === 1) {
    $file = __DIR__ . "/../../../js/dist/{$found[1]}";
    http_response_code(is_file($file) ? 200 : 404);
    header('Content-Type: text/javascript');
    is_file($file) && readfile($file);
    return;
}

$settings = Settings::fromEnvironment();
$store = new Store($settings->dataFile);
// A user waits for what is done here, and a gateway for a call-out's answer 3 s: don't wait longer.
$imq = new Rpc\Client(new Rpc\Settings($settings->rpc, $settings->rpcKey, timeoutMs: 2_500));
$verifier = new Token\Verifier([$settings->tokenSecret]);

if ($path === '/imq') {
    (new Callouts($store, $imq, $verifier, $settings->calloutSecret))->receiver()->serve();
    return;
}

$maker = new Token\Maker(new Token\Hs256($settings->tokenSecret), ttlSeconds: 3600);
$pages = new Pages($store, $imq, $maker, $verifier, $settings->gateway);
try {
    $bearer = (string) preg_replace('/^Bearer /', '', $_SERVER['HTTP_AUTHORIZATION'] ?? '');
    $text = (string) file_get_contents('php://input', length: 65_536);
    $body = Json::readObject($text === '' ? '{}' : $text);
    $answer = $pages->answer("{$_SERVER['REQUEST_METHOD']} {$path}", $bearer, $body);
} catch (Refusal $refusal) {
    http_response_code($refusal->httpStatus);
    $answer = ['error' => $refusal->getMessage()];
} catch (\JsonException) {
    http_response_code(400);
    $answer = ['error' => 'the body is not a JSON object'];
} catch (ImqException $error) {
    error_log((string) $error);
    http_response_code(503);
    $answer = ['error' => 'not now, try again'];
}
header('Content-Type: application/json');
echo Json::write($answer), "\n";
