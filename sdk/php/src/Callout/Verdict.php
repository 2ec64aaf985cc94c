<?php

declare(strict_types=1);

namespace Imq\Callout;

use Imq\Json;
use Imq\Status;

/** The application's answer to a question. */
final class Verdict
{
    /** @param list<AskKind> $kinds what it can be an answer to */
    private function __construct(
        /** @var array<string, mixed> as the wire has it */
        public readonly array $body,
        private readonly array $kinds,
    ) {
    }

    /** It may. */
    public static function allow(): self
    {
        return new self(['allow' => true], [
            AskKind::CreateQueue,
            AskKind::Subscribe,
            AskKind::SendMessage,
            AskKind::SendState,
        ]);
    }

    /** It may not. The user's client gets the status and the message. */
    public static function deny(string $message, Status $status = Status::Forbidden): self
    {
        if ($status === Status::Ok) {
            throw new \InvalidArgumentException('a denial has another status than ok');
        }
        $body = ['allow' => false, 'status' => $status->value, 'message' => $message];
        return new self($body, AskKind::cases());
    }

    /** The message is sent with this payload in the place of its own. */
    public static function amend(mixed $payload): self
    {
        $body = ['allow' => true] + Json::field('payload', $payload);
        return new self($body, [AskKind::SendMessage]);
    }

    /** What the user's own question is answered with. */
    public static function answer(mixed $payload): self
    {
        return new self(Json::field('payload', $payload), [AskKind::Call]);
    }

    /** The bearer of the token is this user; it has to be shown anew before this time is over. */
    public static function connectAs(string $user, int $expiresInSeconds): self
    {
        $body = ['allow' => true, 'user' => $user, 'expires_in_s' => $expiresInSeconds];
        return new self($body, [AskKind::Connect]);
    }

    /** Whether it is an answer to that kind of question. */
    public function fits(AskKind $kind): bool
    {
        return in_array($kind, $this->kinds, true);
    }
}
