using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>What decides the rows of a prediction besides model and input.</summary>
public sealed record PredictionSettings
{
    /// <summary><c>impression</c> or <c>protocol</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Stands before the input of plain records; prepared examples bring their own.</summary>
    public required string Instruction { get; init; }

    /// <summary>Tokens of prompt and answer together, as in training.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>An answer that has not ended by then is cut; of no account where there are labels.</summary>
    public int AnswerTokens { get; init; } = 128;

    /// <summary>The closed set to choose from; empty: the model writes its answer.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How answers are written that are not chosen from labels: beams and their correction; see <see cref="AnswerSettings"/>.</summary>
    public int Beams { get; init; } = 1;

    /// <inheritdoc cref="AnswerSettings.PriorCorrection"/>
    public double PriorCorrection { get; init; }

    /// <summary>Protocols: list the note's problems first and choose from that list; see <see cref="Recipe.ThroughProblems"/>.</summary>
    public bool ThroughProblems { get; init; }

    /// <summary>No label is given where the likeliest has a lower probability than this, that of the list of problems included.</summary>
    public double AbstainBelow { get; init; }

    public PredictionShard Shard { get; init; } = PredictionShard.All;

    /// <summary>Records at most, the first of the file, before they are dealt out to shards.</summary>
    public long Limit { get; init; } = long.MaxValue;

    // without the limit: a larger one goes on with the same file
    internal JsonObject ToJson(string chatForm, string? vocabulary)
    {
        var json = new JsonObject
        {
            ["task"] = Task, ["template"] = PromptTemplate.Version, ["chat_form"] = chatForm, ["vocabulary_sha256"] = vocabulary, ["instruction"] = Instruction,
            ["context_tokens"] = ContextTokens, ["labels"] = new JsonArray([.. Labels.Select(l => (JsonNode)l)]), ["abstain_below"] = AbstainBelow, ["shard"] = Shard.ToString(),
        };
        if (Labels.Count > 0) json["through_problems"] = ThroughProblems;
        else (json["answer_tokens"], json["beams"], json["prior_correction"]) = (AnswerTokens, Beams, PriorCorrection);
        return json;
    }

    internal static string HashOf(JsonObject settings) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings.ToJsonString())));

    internal void Check()
    {
        if (Task is not (ImpressionPrompts.Task or ProtocolPrompts.Task)) throw new RecipeException($"task '{Task}': must be {ImpressionPrompts.Task} or {ProtocolPrompts.Task}.");
        if (Labels.Count == 0 && (AnswerTokens < 1 || AnswerTokens >= ContextTokens)) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"answer tokens: must be from 1 to {ContextTokens - 1}, below the {ContextTokens} of prompt and answer together, got {AnswerTokens}."));
        if (AbstainBelow is not (>= 0 and <= 1)) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"abstention: the probability must be from 0 to 1, got {AbstainBelow}."));
        if (AbstainBelow > 0 && Labels.Count == 0) throw new RecipeException("abstention: needs a closed set of labels to have probabilities.");
        if (Task == ProtocolPrompts.Task && Labels.Count == 0) throw new RecipeException("task protocol: needs the closed set of labels to choose from; give --labels FILE or --choices a,b.");
        if (ThroughProblems && Task != ProtocolPrompts.Task) throw new RecipeException($"through problems: is for the task {ProtocolPrompts.Task}, got {Task}.");
        if (Labels.Distinct(StringComparer.Ordinal).Count() != Labels.Count) throw new RecipeException("labels: one stands twice; keep one of each.");
    }
}
