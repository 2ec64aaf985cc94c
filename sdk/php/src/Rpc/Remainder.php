<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Status;

/**
 * What is left of a batch after an attempt: items that were unavailable.
 *
 * @internal
 */
final class Remainder
{
    /**
     * Whether the batch can be sent again for them. Items that were done stay as they are, by their
     * keys. But items of one queue run in their order, and one that comes later than the next of
     * its queue would break it: then it is for the application to say what shall become of it.
     */
    public static function canBeSent(Operation $operation, \stdClass $answer): bool
    {
        $results = $operation->method === 'batch' ? ($answer->results ?? null) : null;
        $left = [];
        foreach (is_array($results) ? $results : [] as $at => $result) {
            $fields = $operation->fields['items'][$at]['body'] ?? null;
            $queue = $fields->queue ?? ('/user/' . ($fields->user ?? ''));
            if (($result->error->status ?? null) === Status::Unavailable->value) {
                $left[$queue] = true;
            } elseif (isset($left[$queue])) {
                return false;
            }
        }
        return $left !== [];
    }
}
