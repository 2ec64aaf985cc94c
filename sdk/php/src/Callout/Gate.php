<?php

declare(strict_types=1);

namespace Imq\Callout;

/**
 * Lets in what was signed with one of the secrets, lately (Standard Webhooks).
 *
 * Time is in the signature, so that a request which somebody has overheard is worth nothing after
 * the tolerance. Within it, ids show repetitions: of tells each has its own.
 */
final class Gate
{
    public const TOLERANCE_SECONDS = 300;

    private const ID_BYTES_MAX = 256;
    private const SIGNATURES_MAX = 16;

    /** @param non-empty-list<Secret> $secrets several while one takes another's place */
    public function __construct(private readonly array $secrets)
    {
        if ($secrets === []) {
            throw new \InvalidArgumentException('secrets: without one nothing can be let in');
        }
    }

    /**
     * @param array<string, string> $headers by name, in whatever case
     * @param string $body the bytes as they came: a body that was parsed and written again has
     *     another signature
     * @throws Forged
     */
    public function check(array $headers, string $body, int $now): void
    {
        $headers = array_change_key_case($headers);
        $id = $headers['webhook-id'] ?? '';
        $timestamp = $headers['webhook-timestamp'] ?? '';
        $signatures = $headers['webhook-signature'] ?? '';
        if ($id === '' || $timestamp === '' || $signatures === '') {
            throw new Forged('webhook-id, webhook-timestamp or webhook-signature is missing');
        }
        if (strlen($id) > self::ID_BYTES_MAX || preg_match('/^\d{1,12}$/D', $timestamp) !== 1) {
            throw new Forged('webhook-id is too long, or webhook-timestamp is not a Unix time');
        }
        $age = $now - (int) $timestamp;
        if (abs($age) > self::TOLERANCE_SECONDS) {
            throw new Forged("webhook-timestamp is {$age} s old: are both machines' clocks right?");
        }
        if (!$this->isSigned($id, (int) $timestamp, $body, $signatures)) {
            throw new Forged('no signature matches: is the secret the one in the cluster configuration?');
        }
    }

    private function isSigned(string $id, int $timestamp, string $body, string $signatures): bool
    {
        $given = array_slice(explode(' ', $signatures), 0, self::SIGNATURES_MAX);
        $good = false;
        foreach ($this->secrets as $secret) {
            $wanted = $secret->sign($id, $timestamp, $body);
            foreach ($given as $signature) {
                // The time taken says nothing of how much of a signature was right, nor of which.
                $good = hash_equals($wanted, $signature) || $good;
            }
        }
        return $good;
    }
}
