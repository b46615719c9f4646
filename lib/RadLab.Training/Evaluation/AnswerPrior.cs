using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>How often training gave each answer: what the likeliest answer is corrected by, so that a common case does not get its commonest wording every time.</summary>
/// <remarks>
/// <code>
/// choose argmax over candidates a of  log p(a | prompt) - t · log(max(n(a), floor) / N)
/// </code>
/// the correction of logits by class frequencies (Menon et al., arXiv:2007.07314; t = 1 balances the errors over the classes) with whole answers as classes. Only answers that at
/// least <see cref="Floor"/> examples share are kept, and of them a hash: no patient's own text goes anywhere with an adapter.
/// </remarks>
public sealed class AnswerPrior
{
    /// <summary>Answers that fewer examples share count as if so many did.</summary>
    public const int Floor = 10;
    private const int MostAnswers = 100_000, HashDigits = 16;

    private readonly IReadOnlyDictionary<string, long> _counts;

    private AnswerPrior(IReadOnlyDictionary<string, long> counts, long examples) => (_counts, Examples) = (counts, examples);

    public long Examples { get; }

    /// <summary>Answers that are told apart.</summary>
    public int Count => _counts.Count;

    public static AnswerPrior Of(IEnumerable<string> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        long examples = 0;
        foreach (string answer in answers)
        {
            string key = KeyOf(answer);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            examples++;
        }
        return new AnswerPrior(counts.Where(c => c.Value >= Floor).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(MostAnswers).ToDictionary(StringComparer.Ordinal), Math.Max(examples, Floor));
    }

    /// <summary>log(max(n, floor) / N), at most 0.</summary>
    public double LogFrequency(string answer) => DoubleMath.Log((double)_counts.GetValueOrDefault(KeyOf(answer), Floor) / Examples);

    internal JsonObject ToJson()
    {
        var counts = new JsonObject();
        foreach (var (key, count) in _counts) counts[key] = count;
        return new JsonObject { ["examples"] = Examples, ["counts"] = counts };
    }

    /// <exception cref="JsonException">Is not what <see cref="ToJson"/> writes.</exception>
    internal static AnswerPrior FromJson(JsonObject json)
    {
        long examples = (long)json["examples"]!;
        var counts = json["counts"]!.AsObject();
        if (counts.Count > MostAnswers) throw new JsonException();
        var read = counts.ToDictionary(c => c.Key, c => (long)c.Value!, StringComparer.Ordinal);
        if (examples < Floor || read.Any(c => c.Key.Length != HashDigits || !c.Key.All(char.IsAsciiHexDigitLower) || c.Value < Floor || c.Value > examples)) throw new JsonException();
        return new AnswerPrior(read, examples);
    }

    private static string KeyOf(string answer) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ExactMatch.Normal(answer))))[..HashDigits];
}
