"""One queue as the client knows it: its operations in order, and its subscription."""

from __future__ import annotations

from math import inf
from typing import Any

from .desk import Desk
from .failure import NOT_SENT, OUTCOME_UNKNOWN, TOO_LARGE, Failure, failure_of
from .operation import Operation
from .outbox import Interrupted, Said
from .subscription import Subscription

Body = dict[str, Any]


class Queue:
    def __init__(self, desk: Desk, name: str) -> None:
        self.name = name
        # The gateway's number of it on this connection; 0: none.
        self.sub = 0
        self._desk = desk
        self._waiting: list[Operation] = []
        # What is unanswered, by id, which is also the order in which it was sent.
        self._sent: dict[int, Operation] = {}
        self._subscription: Subscription | None = None

    @property
    def is_subscribed(self) -> bool:
        return self._subscription is not None

    @property
    def is_idle(self) -> bool:
        """Nothing is lost if it is forgotten."""
        return not (self._subscription or self._waiting or self._sent)

    @property
    def unanswered(self) -> list[Operation]:
        """In the order in which it was sent."""
        return list(self._sent.values())

    def submit(self, operation: Operation) -> None:
        """Takes an operation that was admitted."""
        if operation.kind == "unsubscribe":
            self._drop_paused()
        self._waiting.append(operation)
        self._pump()

    def result(self, result: Body) -> bool:
        """Takes a result, if it answers one of its operations."""
        operation = self._sent.pop(result.get("op_id", 0), None)
        if operation is None:
            return False
        failure = failure_of(result)
        if operation.kind == "unsubscribe":
            # It had nothing to do any more.
            if failure and failure.code == "not_found":
                failure = None
            if failure is None:
                self._leave()
        elif operation.kind == "subscribe" and operation.ticket is None:
            if failure:
                is_retried = failure.may_retry or failure.code == "outcome_unknown"
                self._pause_or_end(failure.reason, is_retried)
        elif operation.kind == "subscribe" and failure is None:
            self.wish().change(operation.body)
        self._desk.settle(operation, result=result, failure=failure)
        self._pump()
        return True

    def wish(self) -> Subscription:
        """The application wants to be subscribed."""
        if self._subscription is None:
            self._subscription = Subscription()
        return self._subscription

    def subscribed(self, word: Body) -> None:
        subscription = self._subscription
        if subscription is None:
            return
        is_resumed = subscription.named
        is_same = subscription.stand(word)
        self.sub = word.get("sub", 0)
        self._desk.tell(Said(self.name, "subscribed", word))
        if is_resumed and is_same:
            self._desk.send_all(self.unanswered)
        elif is_resumed:
            self._give_up(is_same_session=True)
        self._pump()

    def unsubscribed(self, word: Body) -> None:
        subscription = self._subscription
        if subscription is None:
            return
        is_resumed = subscription.named
        self.sub = 0
        self._pause_or_end(word.get("reason", ""), bool(word.get("may_retry")))
        # The queue may have lost its memory of what it answered.
        if is_resumed:
            self._give_up(is_same_session=True)
        self._pump()

    def event(self, kind: str, word: Body) -> None:
        if self._subscription and self._subscription.follow(kind, word):
            self._desk.tell(Said(self.name, kind, word))

    def seen(self) -> Body | None:
        """What `seen` says of it, if the session is attached to it."""
        subscription = self._subscription
        if subscription is None:
            return None
        subscription.named = False
        place = subscription.place if subscription.attached else None
        return None if place is None else {"queue": self.name, **place}

    def set_named(self) -> None:
        """It is named in `seen`: the gateway attaches it if the session goes on."""
        self.wish().named = True

    def welcome(self, is_resumed: bool) -> None:
        """A gateway said `welcome`."""
        subscription = self._subscription
        if is_resumed and subscription and subscription.named:
            # Its `subscribed` or `unsubscribed` decides the rest.
            subscription.stage = "returning"
        elif not is_resumed or subscription:
            self._give_up(is_same_session=is_resumed)
            self._subscribe_again()
        self._pump()

    def look(self) -> None:
        """Answers what waited too long, and asks again for the subscription when its pause is
        over."""
        now = self._desk.now
        for operation in self.unanswered:
            if operation.expires <= now:
                del self._sent[operation.op_id]
                self._desk.settle(operation, failure=OUTCOME_UNKNOWN)
        late = [operation for operation in self._waiting if operation.expires <= now]
        self._waiting = [operation for operation in self._waiting if operation.expires > now]
        for operation in late:
            self._desk.settle(operation, failure=NOT_SENT)
        if self._paused_until <= now:
            self._end_pause()
        self._pump()

    @property
    def look_at(self) -> float:
        """When `look` has something to do."""
        # A pause that ends while there is no connection is over with the next `welcome`.
        until = self._paused_until if self._desk.is_up else inf
        operations = [*self._sent.values(), *self._waiting]
        return min([until, *(operation.expires for operation in operations)])

    def end(self, closed: Failure) -> None:
        """The client is over."""
        waiting, self._waiting = self._waiting, []
        for operation in self._take_sent():
            self._desk.settle(operation, failure=OUTCOME_UNKNOWN)
        for operation in waiting:
            self._desk.settle(operation, failure=closed)

    @property
    def _paused_until(self) -> float:
        subscription = self._subscription
        return subscription.until if subscription and subscription.stage == "paused" else inf

    def _pump(self) -> None:
        """Sends what waits, as far as its limits allow."""
        desk = self._desk
        is_standing = self._subscription is None or self._subscription.stage == "standing"
        if not desk.is_up or not is_standing:
            return
        while self._waiting and len(self._sent) < desk.unanswered_max:
            operation = self._waiting.pop(0)
            if operation.bytes > desk.frame_bytes_max:
                desk.settle(operation, failure=TOO_LARGE)
            else:
                self._send(operation)

    def _send(self, operation: Operation) -> None:
        op_id = self._desk.take_op_id()
        operation.number(self._desk.now, op_id)
        self._sent[op_id] = operation
        self._desk.send_all([operation])

    def _take_sent(self) -> list[Operation]:
        sent = self.unanswered
        self._sent.clear()
        return sent

    def _leave(self) -> None:
        self._subscription = None
        self.sub = 0

    def _give_up(self, is_same_session: bool) -> None:
        """What is unanswered can't be resent. What is only a wish, to be subscribed or not, is
        asked anew, ahead of all that waits."""
        wishes: list[Operation] = []
        for operation in self._take_sent():
            if operation.kind == "subscribe":
                # For the client's own there is another one.
                if operation.ticket is not None:
                    wishes.append(operation)
            elif operation.kind == "unsubscribe" and is_same_session:
                wishes.append(operation)
            elif operation.kind == "unsubscribe":
                # A new session is subscribed to nothing: the wish has come true.
                self._leave()
                for wish in wishes:
                    self._desk.settle(wish, failure=OUTCOME_UNKNOWN)
                wishes = []
                self._desk.settle(operation)
            else:
                self._desk.settle(operation, failure=OUTCOME_UNKNOWN)
        self._waiting[:0] = wishes

    def _subscribe_again(self) -> None:
        """Asks for the subscription anew, from where it was, ahead of all that waits."""
        subscription = self._subscription
        if subscription is None or not self._desk.is_up:
            return
        # What the application has asked for since counts: this is decided after that.
        asked = [one.body for one in self._sent.values() if one.kind == "subscribe"]
        body = {"queue": self.name, **subscription.request(asked[-1] if asked else None)}
        subscription.detach("returning")
        self._send(Operation(self._desk.now, "subscribe", body))

    def _pause_or_end(self, reason: str, retrying: bool) -> None:
        """The subscription doesn't stand: it is asked for again after a while, or over."""
        subscription = self._subscription
        if subscription is None:
            return
        if retrying:
            refusals = subscription.refusals
            subscription.refusals += 1
            self._pause(subscription, refusals)
        else:
            self._leave()
        self._desk.tell(Interrupted(self.name, reason, retrying))

    def _pause(self, subscription: Subscription, doublings: int) -> None:
        subscription.detach("paused")
        subscription.until = self._desk.now + self._desk.retry.jittered(doublings)
        self._desk.look(subscription.until)

    def _end_pause(self) -> None:
        is_asked = any(operation.expires == inf for operation in self._sent.values())
        if is_asked and self._desk.is_up:
            # The application has asked to subscribe, or not to; what comes of that counts.
            self._pause(self.wish(), 0)
        else:
            self._subscribe_again()

    def _drop_paused(self) -> None:
        """A subscription that is paused isn't waited for when the application leaves. The session
        may be a member all the same, so the queue hears of it."""
        is_wished = any(operation.kind == "subscribe" for operation in self._waiting)
        if self._subscription and self._subscription.stage == "paused" and not is_wished:
            self._subscription = None
