using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary><c>prompting.json</c> beside trained weights: how they were asked in training, so that whoever uses them asks alike. Goes wherever the weights go.</summary>
/// <param name="Task">Of the recipe.</param>
/// <param name="ContextTokens">Of prompt and answer together.</param>
/// <param name="ThroughProblems">See <see cref="Recipe.ThroughProblems"/>.</param>
/// <param name="Beams">See <see cref="AnswerSettings.Beams"/>.</param>
/// <param name="PriorCorrection">See <see cref="AnswerSettings.PriorCorrection"/>.</param>
/// <param name="Prior">Null where nothing is corrected.</param>
/// <param name="Labels">Protocols: the closed set of labels that training has shown; null where the terms of the data keep it back, or there is none.</param>
public sealed record AdapterPrompting(TrainingTask Task, int ContextTokens, bool ThroughProblems, int Beams = 1, double PriorCorrection = 0, AnswerPrior? Prior = null, IReadOnlyList<string>? Labels = null)
{
    public const string FileName = "prompting.json";
    private const int MaxBytes = 1 << 23, MostContext = 1 << 24;

    /// <summary>Labels that are written and read, and characters of one.</summary>
    public const int MostLabels = 10_000, MostLabelLength = 500;

    /// <param name="prior">Of the training's answers; without it nothing can be corrected by them.</param>
    /// <param name="labels">Of the training's answers, a fixed vocabulary; kept back where there are more than a list of labels has.</param>
    public static AdapterPrompting Of(Recipe recipe, AnswerPrior? prior = null, IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        bool corrects = prior is not null && recipe.Answers.PriorCorrection > 0;
        return new AdapterPrompting(recipe.Task, recipe.Batch.SequenceLength, recipe.ThroughProblems, recipe.Answers.Beams, corrects ? recipe.Answers.PriorCorrection : 0, corrects ? prior : null, AreLabels(labels) ? labels : null);
    }

    /// <param name="weights">Folder of the weights.</param>
    public void Write(string weights)
    {
        var json = new JsonObject { ["format"] = 1, ["task"] = Task.ToString(), ["context_tokens"] = ContextTokens, ["through_problems"] = ThroughProblems, ["beams"] = Beams, ["prior_correction"] = PriorCorrection };
        if (Prior is not null) json["answers"] = Prior.ToJson();
        if (Labels is not null) json["labels"] = new JsonArray([.. Labels.Select(l => (JsonNode)l)]);
        WholeFile.Write(Path.Combine(weights, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n"));
    }

    /// <summary>Null where weights come from elsewhere and carry none.</summary>
    /// <exception cref="RecipeException">The file is not what RadLab writes.</exception>
    public static AdapterPrompting? Load(string weights)
    {
        string path = Path.Combine(weights, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) return null;
        try
        {
            if (info.Length > MaxBytes) throw new JsonException();
            var json = JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false })!.AsObject();
            int context = (int)json["context_tokens"]!;
            if ((int)json["format"]! != 1 || !Enum.TryParse((string)json["task"]!, out TrainingTask task) || context is < 1 or > MostContext) throw new JsonException();
            var prior = json["answers"] is JsonObject answers ? AnswerPrior.FromJson(answers) : null;
            var read = new AdapterPrompting(task, context, (bool)json["through_problems"]!, (int)json["beams"]!, (double)json["prior_correction"]!, prior, json["labels"]?.AsArray().Select(l => (string)l!).ToArray());
            if (read.Labels is not null && !AreLabels(read.Labels)) throw new JsonException();
            return read.Beams is >= 1 and <= AnswerSettings.MostBeams && read.PriorCorrection is >= 0 and <= AnswerSettings.MostCorrection && (read.PriorCorrection == 0 || prior is not null) ? read : throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new RecipeException($"{path}: is not what RadLab writes; restore it from the run's folder.", e);
        }
    }

    private static bool AreLabels(IReadOnlyList<string>? labels) =>
        labels is { Count: >= 2 and <= MostLabels } && labels.All(l => l is { Length: > 0 and <= MostLabelLength } && !l.Any(char.IsControl)) && labels.Distinct(StringComparer.Ordinal).Count() == labels.Count;
}
