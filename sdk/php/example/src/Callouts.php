<?php

declare(strict_types=1);

namespace Example;

use Imq\Callout\Ask;
use Imq\Callout\AskKind;
use Imq\Callout\Receiver;
use Imq\Callout\Secret;
use Imq\Callout\Tell;
use Imq\Callout\TellKind;
use Imq\Callout\Verdict;
use Imq\Rpc\Change;
use Imq\Rpc\Client;
use Imq\Status;
use Imq\Token\Refused;
use Imq\Token\Verifier;

/** What imq asks the application, and what it tells. */
final class Callouts
{
    public function __construct(
        private readonly Store $store,
        private readonly Client $imq,
        private readonly Verifier $verifier,
        private readonly string $secret,
    ) {
    }

    public function receiver(): Receiver
    {
        return (new Receiver([new Secret($this->secret)]))
            ->ask(AskKind::Connect, $this->connect(...))
            ->ask(AskKind::Subscribe, $this->mayEnter(...))
            ->ask(AskKind::Call, $this->call(...))
            ->tell(TellKind::Joined, $this->inRoom(fn (Room $it, string $who) => $it->enter($who)))
            ->tell(TellKind::Left, $this->inRoom(fn (Room $it, string $who) => $it->leave($who)))
            ->tell(TellKind::QueueDestroyed, $this->destroyed(...))
            ->tell(TellKind::UserOnline, $this->online(...))
            ->tell(TellKind::UserOffline, $this->offline(...));
    }

    private function connect(Ask $ask): Verdict
    {
        try {
            $claims = $this->verifier->verify($ask->token);
        } catch (Refused $error) {
            return Verdict::deny($error->getMessage(), Status::Unauthenticated);
        }
        return Verdict::connectAs($claims->user, max(1, $claims->expiresAt - time()));
    }

    private function mayEnter(Ask $ask): Verdict
    {
        return $this->store->change(function (Memory $memory) use ($ask): Verdict {
            $room = $memory->roomOf($ask->queue);
            if ($room === null) {
                return Verdict::deny('there is no such room', Status::NotFound);
            }
            $refusal = $room->refusal($ask->user);
            return $refusal === null ? Verdict::allow() : Verdict::deny($refusal);
        });
    }

    private function call(Ask $ask): Verdict
    {
        return $ask->method === 'roll'
            ? $this->roll($ask)
            : Verdict::deny("there is no method \"{$ask->method}\"", Status::NotFound);
    }

    /** Rolls a die for the user and adds it to the user's score in the room, for all to see. */
    private function roll(Ask $ask): Verdict
    {
        $queue = is_string($ask->payload->queue ?? null) ? $ask->payload->queue : '';
        if (!$this->isIn($queue, $ask->user)) {
            return Verdict::deny('you are not in this room');
        }
        // The same question may come twice: it has the same id, rolls the same and is added once.
        $rolled = 1 + hexdec(substr(hash_hmac('sha256', $ask->id, $this->secret), 0, 8)) % 6;
        $change = Change::add($ask->user, $rolled);
        $this->imq->sendState($queue, 'scores', $change, "roll:{$ask->id}");
        return Verdict::answer(['rolled' => $rolled]);
    }

    /** News may be later than a question: imq is asked about who isn't known to be there. */
    private function isIn(string $queue, string $user): bool
    {
        $room = $this->store->change(fn (Memory $memory): ?Room => $memory->roomOf($queue));
        return $room !== null && (in_array($user, $room->present, true)
            || in_array($queue, $this->imq->getUser($user)->queues, true));
    }

    /**
     * @param callable(Room, string): void $change
     * @return callable(Tell): void
     */
    private function inRoom(callable $change): callable
    {
        return function (Tell $tell) use ($change): void {
            $this->once($tell, function (Memory $memory) use ($tell, $change): void {
                $room = $memory->roomOf($tell->queue);
                if ($room?->epoch === $tell->epoch) {
                    $change($room, $tell->user);
                }
            });
        };
    }

    private function destroyed(Tell $tell): void
    {
        $this->once($tell, function (Memory $memory) use ($tell): void {
            // News of an earlier room of the same name must not remove the present one.
            if ($memory->roomOf($tell->queue)?->epoch === $tell->epoch) {
                unset($memory->rooms[substr($tell->queue, strlen(Room::PREFIX))]);
            }
        });
    }

    private function online(Tell $tell): void
    {
        $this->once($tell, function (Memory $memory) use ($tell): void {
            $memory->online[$tell->user] = $tell->generation;
        });
    }

    private function offline(Tell $tell): void
    {
        $this->once($tell, function (Memory $memory) use ($tell): void {
            // A login that came after it has a higher generation, and stays.
            if (($memory->online[$tell->user] ?? 0) <= $tell->generation) {
                unset($memory->online[$tell->user]);
            }
        });
    }

    /** @param callable(Memory): void $change */
    private function once(Tell $tell, callable $change): void
    {
        $this->store->change(function (Memory $memory) use ($tell, $change): void {
            if ($memory->hearOnce($tell->id)) {
                $change($memory);
            }
        });
    }
}
