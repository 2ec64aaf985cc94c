<?php

declare(strict_types=1);

namespace Imq\Callout;

use Imq\Error\Unreadable;
use Imq\Fields;
use Imq\Json;
use Imq\Status;

/**
 * The application's end of call-outs: accepts only signed requests, and hands asks and tells to the
 * functions that the application has given for their kinds.
 *
 *     (new Receiver([new Secret($secret)]))
 *         ->ask(AskKind::Subscribe, fn (Ask $ask): Verdict => Verdict::allow())
 *         ->tell(TellKind::Joined, fn (Tell $tell) => print $tell->user)
 *         ->serve();
 *
 * An ask of a kind without a function is denied, and so is an ask that can't be read, for example
 * because its payload holds a value that PHP can't represent. Tells of a kind without a function are
 * acknowledged and ignored. When a function throws, the gateway gets a 500: an ask is then refused,
 * even with `no_answer = "allow"`, which is only for an application that is down; tells are repeated,
 * including those before it in the same batch.
 */
final class Receiver
{
    /** More than any call-out has: a payload is 64 KiB at most, a client's frame 256 KiB. */
    public const BODY_BYTES_MAX = 4 * 1024 * 1024;

    private readonly Gate $gate;
    private readonly \Closure $log;

    /** @var array<string, callable(Ask): Verdict> */
    private array $asks = [];

    /** @var array<string, callable(Tell): mixed> */
    private array $tells = [];

    /**
     * @param non-empty-list<Secret> $secrets
     * @param ?\Closure(string): mixed $log where to say what went wrong; null: PHP's error log
     */
    public function __construct(array $secrets, ?\Closure $log = null)
    {
        $this->gate = new Gate($secrets);
        $this->log = $log ?? static fn (string $text): bool => error_log($text);
    }

    /** @param callable(Ask): Verdict $answer */
    public function ask(AskKind $kind, callable $answer): self
    {
        $this->asks[$kind->value] = $answer;
        return $this;
    }

    /** @param callable(Tell): mixed $hear */
    public function tell(TellKind $kind, callable $hear): self
    {
        $this->tells[$kind->value] = $hear;
        return $this;
    }

    /** Answers the present request of PHP's own. */
    public function serve(): void
    {
        $headers = [];
        foreach (['id', 'timestamp', 'signature'] as $name) {
            $value = $_SERVER['HTTP_WEBHOOK_' . strtoupper($name)] ?? '';
            $headers["webhook-{$name}"] = (string) $value;
        }
        $body = file_get_contents('php://input', length: self::BODY_BYTES_MAX + 1);
        $method = (string) ($_SERVER['REQUEST_METHOD'] ?? '');
        $this->handle($method, $headers, (string) $body, time())->send();
    }

    /**
     * @param string $method of HTTP
     * @param array<string, string> $headers
     * @param string $body the bytes as they came
     * @param int $now Unix time in seconds
     */
    public function handle(string $method, array $headers, string $body, int $now): Reply
    {
        if ($method !== 'POST') {
            return Reply::error(405, 'call-outs are POSTs');
        }
        if (strlen($body) > self::BODY_BYTES_MAX) {
            return Reply::error(413, 'no call-out is so large');
        }
        try {
            $this->gate->check($headers, $body, $now);
            return $this->dispatch(new Fields(Json::readObject($body)));
        } catch (Forged $error) {
            return $this->refuse(401, $error);
        } catch (\JsonException | Unreadable $error) {
            return self::isAsk($body) ? $this->deny($error) : $this->refuse(400, $error);
        } catch (\Throwable $error) {
            // The reason is for the log alone: it may have things in it that nobody else should
            // see.
            ($this->log)("imq call-out: {$error}");
            return Reply::error(500, 'the application has failed; its log says why');
        }
    }

    private function refuse(int $httpStatus, \Throwable $error): Reply
    {
        ($this->log)("imq call-out refused: {$error->getMessage()}");
        return Reply::error($httpStatus, $error->getMessage());
    }

    /** Whether a body, which may be unreadable further on, begins as a gateway begins a question. */
    private static function isAsk(string $body): bool
    {
        return preg_match('/^\s*\{\s*"type"\s*:\s*"ask"/', $body) === 1;
    }

    private function deny(\Throwable $error): Reply
    {
        ($this->log)("imq call-out denied: {$error->getMessage()}");
        $message = 'the application can\'t handle this value: send plainer JSON';
        return Reply::verdict(Verdict::deny($message, Status::Invalid));
    }

    private function dispatch(Fields $body): Reply
    {
        return match ($body->text('type')) {
            'ask' => $this->answer($body),
            'tell' => $this->hear($body->objects('tells')),
            default => Reply::error(400, 'a call-out is an `ask` or a `tell`'),
        };
    }

    private function answer(Fields $body): Reply
    {
        $kind = AskKind::tryFrom($body->text('kind'));
        $answer = $kind === null ? null : ($this->asks[$kind->value] ?? null);
        if ($answer === null) {
            // A kind that is newer than this library is none that the application could have
            // allowed.
            $denial = Verdict::deny('the application has no answer to this: nobody may');
            return Reply::verdict($denial);
        }
        $verdict = $answer(Ask::read($body, $kind));
        if (!$verdict->fits($kind)) {
            throw new \LogicException("this verdict is no answer to a `{$kind->value}`");
        }
        try {
            return Reply::verdict($verdict);
        } catch (\InvalidArgumentException $error) {
            // A user's number may be too large for any that PHP could write again.
            return $this->deny($error);
        }
    }

    /** @param list<Fields> $tells */
    private function hear(array $tells): Reply
    {
        foreach ($tells as $fields) {
            $kind = TellKind::tryFrom($fields->text('kind'));
            $hear = $kind === null ? null : ($this->tells[$kind->value] ?? null);
            if ($hear !== null) {
                $hear(Tell::read($fields, $kind));
            }
        }
        return Reply::heard();
    }
}
