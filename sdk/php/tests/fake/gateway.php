<?php

declare(strict_types=1);

/*
 * The process of FakeGateway: takes its acts as a line of JSON, prints its port, then each request
 * as a line of JSON.
 */

$acts = json_decode(fgets(STDIN), false, 512, JSON_THROW_ON_ERROR);
$listener = stream_socket_server('tcp://127.0.0.1:0');
fwrite(STDOUT, substr(strrchr(stream_socket_get_name($listener, false), ':'), 1) . "\n");

/** @var array<int, resource> $clients by the order in which they came */
$clients = [];
$buffers = [];
$count = 0;
while (true) {
    $read = ['listener' => $listener] + $clients;
    $none = null;
    if (@stream_select($read, $none, $none, null) === false) {
        continue;
    }
    foreach ($read as $number => $socket) {
        if ($number === 'listener') {
            $clients[++$count] = stream_socket_accept($listener);
            $buffers[$count] = '';
            continue;
        }
        $bytes = fread($socket, 65536);
        if ($bytes === '' || $bytes === false) {
            fclose($socket);
            unset($clients[$number]);
            continue;
        }
        $buffers[$number] .= $bytes;
        while (($request = cut($buffers[$number])) !== null) {
            fwrite(STDOUT, json_encode(['connection' => $number] + $request) . "\n");
            if (!perform($socket, array_shift($acts))) {
                fclose($socket);
                unset($clients[$number]);
                break;
            }
        }
    }
}

/** Takes one whole request off the front, if there is one. */
function cut(string &$buffer): ?array
{
    $end = strpos($buffer, "\r\n\r\n");
    if ($end === false) {
        return null;
    }
    $lines = explode("\r\n", substr($buffer, 0, $end));
    $headers = [];
    foreach (array_slice($lines, 1) as $line) {
        [$name, $value] = explode(': ', $line, 2);
        $headers[strtolower($name)] = $value;
    }
    $length = (int) ($headers['content-length'] ?? 0);
    if (strlen($buffer) < $end + 4 + $length) {
        return null;
    }
    $body = substr($buffer, $end + 4, $length);
    $buffer = substr($buffer, $end + 4 + $length);
    return ['line' => $lines[0], 'headers' => $headers, 'body' => $body];
}

/** Does what is written; false: the connection closes. */
function perform($socket, ?stdClass $act): bool
{
    if ($act === null || isset($act->break)) {
        return false;
    }
    if (isset($act->hang)) {
        return true;
    }
    if (isset($act->raw)) {
        fwrite($socket, $act->raw);
        return true;
    }
    $body = is_string($act->body) ? $act->body : json_encode($act->body);
    $head = "HTTP/1.1 {$act->http} Whatever\r\n";
    if (isset($act->chunked)) {
        fwrite($socket, "{$head}Transfer-Encoding: chunked\r\n\r\n");
        foreach (str_split($body, 3) as $part) {
            fwrite($socket, dechex(strlen($part)) . ";x=y\r\n{$part}\r\n");
        }
        fwrite($socket, "0\r\nTrailer: 1\r\n\r\n");
        return true;
    }
    if (($act->length ?? true) === false) {
        fwrite($socket, "{$head}\r\n{$body}");
        return false;
    }
    $close = isset($act->close) ? "Connection: close\r\n" : '';
    fwrite($socket, "{$head}{$close}Content-Length: " . strlen($body) . "\r\n\r\n{$body}");
    return !isset($act->close);
}
