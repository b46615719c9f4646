using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>What one optimizer step did.</summary>
/// <param name="Loss">Weighted mean over all labels of the step, in nats.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Tokens">Read, padding not counted.</param>
/// <param name="Counted">Labels that the loss fell on.</param>
public sealed record StepResult(double Loss, double GradientNorm, int Tokens, int Counted);

/// <summary>
/// Forward, backward, update: one step at a time. A step is a function of the weights, the optimizer's state and its number, so that a resumed run goes on bit for bit.
/// </summary>
/// <remarks>
/// The loss of a step is the weighted mean over all its labels, however they are spread over micro-batches: a pass with the weight n of the step's N counts n/N.
/// </remarks>
public sealed class TrainingLoop : IDisposable
{
    private readonly TrainingSubject _subject;
    private readonly BatchPlan _plan;
    private readonly Optimizer _optimizer;
    private readonly Tape _tape;
    private readonly int _accumulate;

    public TrainingLoop(TrainingSubject subject, BatchPlan plan, Optimizer optimizer, int accumulate)
    {
        ArgumentNullException.ThrowIfNull(subject);
        (_subject, _plan, _optimizer, _accumulate) = (subject, plan, optimizer, accumulate);
        _tape = subject.Model.Engine.Tape();
    }

    /// <param name="step">Number from 0: decides batch and dropout.</param>
    /// <exception cref="TrainingGuardException">Loss or gradient is not finite; the weights are those of the step before.</exception>
    /// <exception cref="OperationCanceledException">The engine was interrupted; the weights are those of the step before.</exception>
    public StepResult Step(long step, double learningRate)
    {
        try
        {
            return Run(step, learningRate);
        }
        catch
        {
            // what an interrupted backward pass has summed so far must not reach a later step
            foreach (var parameter in _subject.Groups.SelectMany(g => g.Parameters)) parameter.ClearGradient();
            throw;
        }
        finally
        {
            _tape.Reset();
        }
    }

    /// <summary>Told the learning rate when the gradients of a step are there and the weights still those of before.</summary>
    internal Action<double>? BeforeUpdate { get; init; }

    public void Dispose() => _tape.Dispose();

    private StepResult Run(long step, double learningRate)
    {
        var passes = _plan.Step(step);
        double total = passes.Sum(_plan.Weight);
        int counted = 0;
        double loss = 0;
        int tokens = 0;
        for (int i = 0; i < passes.Count; i++)
        {
            using var batch = _plan.Make(_subject.Model.Engine, passes[i]);
            if (_subject.Adapters is { } adapters)
            {
                adapters.DropoutActive = true;
                adapters.Step = unchecked((uint)(step * _accumulate + i));
            }
            _tape.Reset();
            var mean = _subject.Model.Loss(_tape, batch.Tokens, batch.Labels, batch.Layout, batch.Weights);
            double share = _plan.Weight(passes[i]) / total, value = mean.Item();
            if (!double.IsFinite(value)) throw NotFinite(step, value, passes[i], batch);
            _tape.Backward(share == 1 ? mean : _tape.Scale(mean, (float)share));
            loss += value * share;
            tokens += batch.TokenCount;
            counted += batch.Counted;
        }
        BeforeUpdate?.Invoke(learningRate);
        try
        {
            return new StepResult(loss, _optimizer.Step(learningRate), tokens, counted);
        }
        catch (ArithmeticException e)
        {
            throw new TrainingGuardException(string.Create(CultureInfo.InvariantCulture, $"step {step + 1}: {e.Message}"), e);
        }
    }

    private TrainingGuardException NotFinite(long step, double value, int[][] rows, Batch batch)
    {
        _tape.Reset();   // the search needs its memory
        return new TrainingGuardException(string.Create(CultureInfo.InvariantCulture,
            $"step {step + 1}: the loss is {value} on the examples {string.Join(", ", rows.SelectMany(r => r).Take(8).Select(_plan.IdOf))}; {NonFiniteSearch.First(_subject, batch)}; nothing was changed: lower the learning rate, or look at these examples and at the base's weights."));
    }
}
