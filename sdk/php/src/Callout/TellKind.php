<?php

declare(strict_types=1);

namespace Imq\Callout;

/** What the application can be told of. */
enum TellKind: string
{
    case UserOnline = 'user_online';
    case UserOffline = 'user_offline';
    case Joined = 'joined';
    case Left = 'left';
    case QueueCreated = 'queue_created';
    case QueueFirstJoin = 'queue_first_join';
    case QueueLastLeave = 'queue_last_leave';
    case QueueDestroyed = 'queue_destroyed';
    /** A connection was closed; the reason has the code. */
    case Closed = 'closed';
}
