<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Error\Refused;
use Imq\Error\Unavailable;
use Imq\Fields;
use Imq\Http\Broken;
use Imq\Http\ConnectFailed;
use Imq\Http\Connection;
use Imq\Http\Deadline;
use Imq\Http\Response;
use Imq\Json;
use Imq\Status;

/**
 * Brings operations to a gateway and their answers back, over one connection that is kept.
 *
 * An attempt that came to nothing is repeated, at the next gateway, with the same Idempotency-Key
 * and the same bytes, until the time of the call is over. So a write that was done the first time
 * gives its answer the second time, and isn't done twice.
 */
final class Caller
{
    private const WAIT_GROWTH_MAX = 10;

    private ?Connection $connection = null;
    /** Which of the gateways is asked. */
    private int $at = 0;

    public function __construct(private readonly Settings $settings)
    {
    }

    /** @throws Refused */
    public function call(Request $request): Fields
    {
        $deadline = Deadline::inMs($this->settings->timeoutMs);
        $mayHaveRun = false;
        for ($attempt = 1; ; $attempt++) {
            $result = $this->attempt($request, $deadline);
            if (!$result->again) {
                return $result->answer();
            }
            $mayHaveRun = $mayHaveRun || $result->mayHaveRun;
            $this->turnToNext();
            if (!$this->wait($attempt, $deadline)) {
                return $this->giveUp($request, $result, $mayHaveRun);
            }
        }
    }

    public function close(): void
    {
        $this->connection?->close();
        $this->connection = null;
    }

    private function attempt(Request $request, Deadline $deadline): Attempt
    {
        try {
            $connection = $this->connection($deadline);
            $headers = $request->headers($this->settings->key);
            $response = $connection->post($request->path, $headers, $request->body, $deadline);
        } catch (ConnectFailed $error) {
            $why = $error->getMessage();
            $refused = $request->refused(Status::Unavailable, $why, true, $error);
            return Attempt::again($refused, mayHaveRun: false);
        } catch (Broken $error) {
            $why = $error->getMessage();
            $refused = $request->refused(Status::OutcomeUnknown, $why, true, $error);
            return Attempt::again($refused, mayHaveRun: true);
        }
        return $this->interpret($request, $response);
    }

    private function connection(Deadline $deadline): Connection
    {
        if ($this->connection === null || !$this->connection->isIdle()) {
            $this->close();
            $address = $this->settings->gateways[$this->at];
            $deadline = $deadline->atMostMs($this->settings->connectTimeoutMs);
            $this->connection = Connection::open($address, $deadline, $this->settings->tls);
        }
        return $this->connection;
    }

    private function interpret(Request $request, Response $response): Attempt
    {
        try {
            $body = Json::readObject($response->body);
        } catch (\JsonException) {
            return $this->foreign($request, $response);
        }
        if ($response->status === 200) {
            $again = Remainder::canBeSent($request->operation, $body);
            return Attempt::answered(new Fields($body), $again);
        }
        $refused = $request->refusedBy($body->error ?? null);
        if ($refused === null) {
            return $this->foreign($request, $response);
        }
        return $refused instanceof Unavailable
            ? Attempt::again($refused, mayHaveRun: false)
            : Attempt::refused($refused);
    }

    /** An answer that isn't imq's: of something on the way, or of somebody else at this address. */
    private function foreign(Request $request, Response $response): Attempt
    {
        $status = $response->status === 200
            ? Status::OutcomeUnknown
            : Status::fromHttp($response->status);
        $text = "HTTP {$response->status} with a body that isn't imq's:"
            . ' is this the RPC address of a gateway?';
        $mayRetry = in_array($response->status, [502, 503, 504], true);
        $refused = $request->refused($status, $text, $mayRetry);
        return $mayRetry
            ? Attempt::again($refused, mayHaveRun: $status === Status::OutcomeUnknown)
            : Attempt::refused($refused);
    }

    private function turnToNext(): void
    {
        if (count($this->settings->gateways) > 1) {
            $this->close();
            $this->at = ($this->at + 1) % count($this->settings->gateways);
        }
    }

    /** Waits before the next attempt; false if there is no time for one. */
    private function wait(int $attempt, Deadline $deadline): bool
    {
        // The first round over the gateways is made at once: that one is down says nothing of the
        // next.
        $round = $attempt - count($this->settings->gateways);
        $growth = $round < 0 ? 0 : min(2 ** min($round, 10), self::WAIT_GROWTH_MAX);
        $whole = $this->settings->firstWaitMs * 1_000 * $growth;
        // Drawn, so that many processes which failed together don't come back together.
        $wait = random_int(intdiv($whole, 2), $whole);
        if ($wait >= $deadline->leftUs()) {
            return false;
        }
        usleep($wait);
        return true;
    }

    private function giveUp(Request $request, Attempt $last, bool $mayHaveRun): Fields
    {
        if ($last->refused === null) {
            return $last->answer();
        }
        // What one attempt may have done isn't undone by the next one's finding nobody. Of a read,
        // on the other hand, it doesn't matter whether it ran.
        $isUnknown = $mayHaveRun && $request->operation->writes;
        throw $request->refused(
            $isUnknown ? Status::OutcomeUnknown : Status::Unavailable,
            "{$last->refused->reason} (the time of the call is over)",
            !$isUnknown,
            $last->refused,
        );
    }
}
