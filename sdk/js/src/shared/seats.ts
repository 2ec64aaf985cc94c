/** Who is in one room, of the pages that share a connection. */

import type { QueueEvent } from '../machine/outbox.js';
import type { Options } from '../machine/subscription.js';
import { union, view } from './view.js';

interface Seat {
  options: Options;
  /** Options that the page has asked for, and the queue hasn't answered. */
  asked: Options | undefined;
  /** The queue has said yes, and its `subscribed` follows. */
  joins: boolean;
  /** The page gets what the queue says. */
  stands: boolean;
  /** Old messages that come now are for this page. */
  wantsHistory: boolean;
}

export class Seats<Page> {
  /** The back end has put the user here, so all pages are in it. */
  isGiven = false;
  /** Those who stand have missed nothing since the last `subscribed`. */
  isWhole = false;
  #epoch: number | undefined;
  #seats = new Map<Page, Seat>();

  get size(): number {
    return this.#seats.size;
  }

  get pages(): Page[] {
    return [...this.#seats.keys()];
  }

  hasOthers(page: Page): boolean {
    return this.#seats.size > (this.#seats.has(page) ? 1 : 0);
  }

  /** What to subscribe to, so that all get theirs. */
  get union(): Options {
    const all = [...this.#seats.values()].flatMap(({ options, asked, joins, stands }) => [
      ...(joins || stands ? [options] : []),
      ...(asked ? [asked] : []),
    ]);
    return union(all);
  }

  /** A page asks to be subscribed. */
  ask(page: Page, options: Options): void {
    this.#seat(page).asked = options;
  }

  /** The queue has said yes. */
  join(page: Page, options: Options): void {
    const seat = this.#seats.get(page);
    if (!seat) return;
    if (seat.asked === options) seat.asked = undefined;
    seat.options = options;
    seat.joins = true;
  }

  /** The queue has said no: all is as before. */
  refuse(page: Page, options: Options): void {
    const seat = this.#seats.get(page);
    if (!seat) return;
    if (seat.asked === options) seat.asked = undefined;
    if (!seat.asked && !seat.joins && !seat.stands) this.leave(page);
  }

  /** It is in without having asked. */
  take(page: Page): void {
    this.#seat(page).joins = true;
  }

  leave(page: Page): boolean {
    return this.#seats.delete(page);
  }

  /** The subscription is over; the answer is whose. Those who ask anew stay. */
  end(): Page[] {
    const pages = this.pages.filter((page) => {
      const { joins, stands } = this.#seats.get(page)!;
      return joins || stands;
    });
    this.isWhole = false;
    for (const [page, seat] of this.#seats) {
      seat.joins = seat.stands = false;
      if (!seat.asked) this.leave(page);
    }
    return pages;
  }

  #seat(page: Page): Seat {
    let seat = this.#seats.get(page);
    if (!seat) {
      seat = { options: {}, asked: undefined, joins: false, stands: false, wantsHistory: false };
      this.#seats.set(page, seat);
    }
    return seat;
  }

  /** What each page gets of an event. */
  views(event: QueueEvent): [Page, QueueEvent][] {
    const concerns = event.type === 'subscribed' ? this.#subscribed(event) : this.#concerns(event);
    const views: [Page, QueueEvent][] = [];
    for (const [page, seat] of this.#seats) {
      const seen = concerns(seat) && view(event, seat.options);
      if (seen) views.push([page, seen]);
    }
    return views;
  }

  /** If it is the answer to one page, the others have all it says already. */
  #subscribed({ word }: Extract<QueueEvent, { type: 'subscribed' }>): (seat: Seat) => boolean {
    const isSame = this.isWhole && !word.recovered && word.epoch === this.#epoch;
    const seats = [...this.#seats.values()];
    const isAnswer = isSame && seats.some(({ joins }) => joins);
    const told = new Set(seats.filter(({ joins, stands }) => joins || (stands && !isAnswer)));
    this.isWhole = true;
    this.#epoch = word.epoch;
    for (const seat of seats) {
      seat.wantsHistory = told.has(seat) && !!seat.options.history;
      seat.stands ||= seat.joins;
      seat.joins = false;
    }
    return (seat) => told.has(seat);
  }

  #concerns(event: QueueEvent): (seat: Seat) => boolean {
    const isOld = event.type === 'message' && !!event.word.history;
    return ({ stands, wantsHistory }) => stands && (!isOld || wantsHistory);
  }
}
