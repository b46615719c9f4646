using System.Globalization;

namespace RadLab.Models;

/// <summary>One text of a beam search.</summary>
/// <param name="LogProbability">Of its tokens and, where one ended it, of the stop token.</param>
/// <param name="Score"><paramref name="LogProbability"/> / tokens^lengthPenalty: what texts are ranked by.</param>
public sealed record BeamText(GeneratedText Text, double LogProbability, double Score);

public sealed partial class Generator
{
    private const int MostBeams = 256;

    /// <summary>Follows the likeliest beginnings side by side instead of one, and ends when no open text can still rank among the best.</summary>
    /// <remarks>
    /// Each step extends every open text by every token and keeps the <paramref name="beams"/> likeliest that are not ended. As in Hugging Face's beam search, a stop token
    /// counts only among the <paramref name="beams"/> best extensions, and the search ends when there are that many ended texts and the likeliest open one, at its
    /// present length, ranks below the worst of them.
    /// </remarks>
    /// <param name="beams">Texts that are followed, and returned at most: 1 to 256.</param>
    /// <param name="options">Without sampling: Temperature must be 0.</param>
    /// <param name="lengthPenalty">0: long texts rank low; 1: mean log-probability of a token; above: long texts rank high. From 0 to 4 in steps of one half, which need no power function.</param>
    /// <returns>Best first.</returns>
    public IReadOnlyList<BeamText> BeamSearch(IReadOnlyList<int> prompt, int beams, GenerationOptions? options = null, double lengthPenalty = 1)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        options.Check(Model.Config);
        PromptTokens.Check(Model.Config, prompt, "the prompt", room: 1);
        if (beams is < 1 or > MostBeams) throw Bad($"beams must be 1 to {MostBeams}, got {beams}.");
        if (options.Temperature != 0) throw Bad($"beam search draws nothing, so Temperature must be 0, got {options.Temperature}.");
        if (!(lengthPenalty is >= 0 and <= 4) || 2 * lengthPenalty != Math.Floor(2 * lengthPenalty)) throw Bad($"lengthPenalty must be 0 to 4 in steps of 0.5, got {lengthPenalty}.");

        using var search = new BeamLoop(Model, prompt, beams, options, lengthPenalty);
        while (search.Step()) { }
        return search.Results();
    }

    private static ArgumentException Bad(FormattableString problem) => new("Generation: " + problem.ToString(CultureInfo.InvariantCulture));
}
