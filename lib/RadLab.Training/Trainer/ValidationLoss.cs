using System.Globalization;

namespace RadLab.Training;

/// <summary>Mean loss over the labels of held-out texts, dropout off.</summary>
internal static class ValidationLoss
{
    /// <param name="step">For the message.</param>
    /// <exception cref="TrainingGuardException">The loss is not finite: nothing could be compared with it.</exception>
    public static double Measure(TrainingSubject subject, IReadOnlyList<TokenizedText> texts, int microBatch, long step)
    {
        if (subject.Adapters is { } adapters) adapters.DropoutActive = false;
        using var tape = subject.Model.Engine.Tape(recording: false);
        double sum = 0;
        long counted = 0;
        // of like length together, so that little is padded
        foreach (var rows in texts.OrderBy(t => t.Ids.Length).Chunk(microBatch))
        {
            using var batch = Batch.Padded(subject.Model.Engine, rows);
            double loss = subject.Model.Loss(tape, batch.Tokens, batch.Labels).Item();
            if (!double.IsFinite(loss))
                throw new TrainingGuardException(string.Create(CultureInfo.InvariantCulture,
                    $"step {step}: the validation loss is {loss} on the examples {string.Join(", ", rows.Take(8).Select(r => r.Id))}; {NonFiniteSearch.First(subject, batch)}; this step is not saved, earlier checkpoints are whole: lower the learning rate, or look at these examples and at the base's weights."));
            sum += loss * batch.Counted;
            counted += batch.Counted;
            tape.Reset();
        }
        return sum / counted;
    }
}
