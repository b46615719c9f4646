using RadLab.Compute;

namespace RadLab.Training;

/// <summary>Pauses between attempts: doubled each time up to a minute, and a random part of that, so that many runs do not come back to a server at once.</summary>
/// <param name="seed">Of the random part.</param>
/// <param name="first">Longest pause after the first failure.</param>
public sealed class Backoff(ulong seed, TimeSpan first)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    private ulong _drawn;

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; private set; }

    /// <param name="asked">What the server asks for; not less than that, up to the longest.</param>
    public TimeSpan Next(TimeSpan? asked)
    {
        double share = 0.5 + 0.5 * new RandomKey(seed, 0x7472u, 0).UniformDouble(_drawn++);
        var pause = first * (1L << Math.Min(Failures, 20));
        Failures++;
        pause = (pause < s_longest ? pause : s_longest) * share;
        return asked is { } least && least > pause ? (least < s_longest ? least : s_longest) : pause;
    }

    public void Succeeded() => Failures = 0;
}
