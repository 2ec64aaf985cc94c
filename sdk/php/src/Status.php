<?php

declare(strict_types=1);

namespace Imq;

/**
 * How an operation ended: gRPC's canonical numbers, as all of imq's protocols write them.
 *
 * The table is that of `docs/protocol.md`, section 8.
 */
enum Status: int
{
    case Ok = 0;
    case OutcomeUnknown = 2;
    case Invalid = 3;
    case NotFound = 5;
    case Forbidden = 7;
    case Limit = 8;
    case Precondition = 9;
    case Conflict = 10;
    case Unimplemented = 12;
    case Internal = 13;
    case Unavailable = 14;
    case Unauthenticated = 16;

    /**
     * What an HTTP status means that came without imq's own words, from a proxy on the way.
     *
     * 502 and 504 say that somebody may have been asked, 503 that nobody was.
     */
    public static function fromHttp(int $http): self
    {
        return match ($http) {
            200 => self::Ok,
            401 => self::Unauthenticated,
            403 => self::Forbidden,
            404 => self::NotFound,
            409 => self::Conflict,
            413, 429 => self::Limit,
            501 => self::Unimplemented,
            503 => self::Unavailable,
            default => $http >= 500 ? self::OutcomeUnknown : self::Invalid,
        };
    }
}
