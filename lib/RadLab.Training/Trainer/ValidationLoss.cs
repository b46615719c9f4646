namespace RadLab.Training;

/// <summary>Mean loss over the labels of held-out texts, dropout off.</summary>
internal static class ValidationLoss
{
    public static double Measure(TrainingSubject subject, IReadOnlyList<TokenizedText> texts, int microBatch)
    {
        if (subject.Adapters is { } adapters) adapters.DropoutActive = false;
        using var tape = subject.Model.Engine.Tape(recording: false);
        double sum = 0;
        long counted = 0;
        // of like length together, so that little is padded
        foreach (var rows in texts.OrderBy(t => t.Ids.Length).Chunk(microBatch))
        {
            using var batch = Batch.Padded(subject.Model.Engine, rows);
            sum += subject.Model.Loss(tape, batch.Tokens, batch.Labels).Item() * (double)batch.Counted;
            counted += batch.Counted;
            tape.Reset();
        }
        return sum / counted;
    }
}
