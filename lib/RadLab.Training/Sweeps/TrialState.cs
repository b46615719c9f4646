using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>A trial's metric on validation examples.</summary>
/// <param name="Metric">ROUGE-L or accuracy.</param>
/// <param name="Distinct">Different answers.</param>
/// <param name="Commonest">Share of the commonest answer.</param>
public sealed record TrialScore(string Metric, double Mean, double Low, double High, int Items, int Distinct, double Commonest)
{
    /// <summary>Items that were too long to be answered.</summary>
    public int LeftOut { get; init; }

    internal static TrialScore Of(ItemScores scores, ulong seed)
    {
        var interval = Bootstrap.Mean(scores.Values, seed);
        return new TrialScore(scores.Metric, interval.Mean, interval.Low, interval.High, scores.Values.Count, scores.Distinct, scores.Commonest) { LeftOut = scores.LeftOut };
    }
}

/// <summary><c>trial.json</c> beside a trial's run.json: what its own files do not say.</summary>
internal sealed record TrialState
{
    public const string FileName = "trial.json";

    private const int MaxBytes = 1 << 16;

    private static readonly JsonSerializerOptions s_json = new(SweepJson.Indented)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, MaxDepth = 4,
    };

    /// <summary>It has run to its end.</summary>
    public bool Finished { get; init; }

    /// <summary>Why it can have no result, such as a loss that is not finite.</summary>
    public string? Failure { get; init; }

    /// <summary>Of the engine, in training; the highest of all its parts where it was interrupted.</summary>
    public long PeakBytes { get; init; }

    public TrialScore? Score { get; init; }

    public void Save(string folder) => WholeFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, s_json));

    /// <exception cref="RecipeException">The file is not what a sweep writes.</exception>
    public static TrialState Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) return new TrialState();
        if (info.Length > MaxBytes) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{path}: must have at most {MaxBytes} bytes, has {info.Length}."));
        try
        {
            return JsonSerializer.Deserialize<TrialState>(File.ReadAllBytes(path), s_json)!;
        }
        catch (JsonException e)
        {
            throw new RecipeException($"{path}: is not what a sweep writes; delete the trial's folder and it is run again.", e);
        }
    }
}

/// <summary>What a trial's metrics.jsonl says.</summary>
/// <param name="Steps">Done, as far as they were logged.</param>
/// <param name="Seconds">Of all steps, evaluation and saving not counted.</param>
/// <param name="Tokens">Read in them.</param>
/// <param name="ProcessorSeconds">Of all steps; null where one of them, of an earlier version, does not say.</param>
/// <param name="Validation">Losses by step, which rises.</param>
internal sealed record TrialCurve(long Steps, double Seconds, double Tokens, double? ProcessorSeconds, SortedDictionary<long, double> Validation)
{
    /// <summary>Validation loss of what the run would leave if it ended at a step: of the last evaluation up to there, or of the best where that is the run's result. Null before the first.</summary>
    public double? ResultAt(long step, Recipe recipe)
    {
        var until = Validation.Where(v => v.Key <= step).Select(v => (double?)v.Value);
        return recipe.Run.ResultIsBest ? until.Min() : until.LastOrDefault();
    }

    public static TrialCurve Read(string folder)
    {
        var curve = RunCurve.Read(folder);
        var validation = new SortedDictionary<long, double>();
        foreach (var e in curve.Evaluations.Where(e => double.IsFinite(e.Loss))) validation[e.Step] = e.Loss;
        return new TrialCurve(curve.Steps.Count > 0 ? curve.Steps[^1].Step : 0, curve.Seconds, curve.Tokens, curve.ProcessorSeconds, validation);
    }
}
