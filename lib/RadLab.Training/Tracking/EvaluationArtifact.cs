namespace RadLab.Training;

/// <summary>A scored split for a tracker: the model's figures as metrics such as <c>test.rouge_l</c>, see <see cref="EvaluationFigures"/>, and the report as an artifact.</summary>
public static class EvaluationArtifact
{
    /// <param name="spool">Of a run whose folder holds the report.</param>
    /// <param name="split">As the report's file is named.</param>
    public static void Log(TrackingSpool spool, string split)
    {
        ArgumentNullException.ThrowIfNull(spool);
        string name = $"evaluation-{split}.json";
        var figures = EvaluationFigures.Load(Path.Combine(spool.RunFolder, name)).ToDictionary(f => $"{split}.{f.Key}", f => f.Value);
        // the step says which scoring it is: a split that is scored again gets another point, and nobody overlooks it
        spool.Add(new TrackingPoint(AnswerScoring.Logged(spool.RunFolder).Count, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), figures));
        spool.Add(new TrackingArtifact(name, name));
    }
}
