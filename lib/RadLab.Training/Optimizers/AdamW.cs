using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>AdamW with both means in 32 bits; see <see cref="AdamWStep"/> for the formula. Learning rates come from outside, step by step.</summary>
/// <remarks>
/// A BF16 parameter has a master copy in F32 that the steps are taken on, and is the rounding of it: a step is often smaller than the distance of two BF16 numbers
/// and would otherwise be lost. That costs 4 bytes more for each of its numbers.
/// </remarks>
public sealed class AdamW : IDisposable
{
    private readonly Engine _engine;
    private readonly Parameter[] _parameters;
    private readonly Tensor[] _means, _squares, _masters, _gradients;

    /// <param name="parameters">F32 or BF16, trainable; they stay their owner's.</param>
    /// <param name="maxGradientNorm">All gradients together are scaled down to this length; infinity only measures it.</param>
    public AdamW(IEnumerable<Parameter> parameters, AdamWSettings settings, double maxGradientNorm = double.PositiveInfinity)
    {
        _parameters = [.. parameters];
        Check(_parameters, settings, maxGradientNorm);
        (Settings, MaxGradientNorm) = (settings, maxGradientNorm);
        _engine = _parameters[0].Value.Engine;
        _gradients = new Tensor[_parameters.Length];
        _means = new Tensor[_parameters.Length];
        _squares = new Tensor[_parameters.Length];
        _masters = new Tensor[_parameters.Length];
        try
        {
            for (int i = 0; i < _parameters.Length; i++)
            {
                _means[i] = _engine.Zeros(_parameters[i].Shape);
                _squares[i] = _engine.Zeros(_parameters[i].Shape);
                if (_parameters[i].Value.DType == DType.BF16) _masters[i] = _engine.Empty(_parameters[i].Shape);
            }
            TakeMasters();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Change it between steps to follow a schedule: <c>optimizer.Settings = optimizer.Settings with { LearningRate = rate };</c></summary>
    public AdamWSettings Settings { get; set; }

    public double MaxGradientNorm { get; }

    /// <summary>Updates so far; a resumed run sets it together with <see cref="State"/>.</summary>
    public long Steps { get; set; }

    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Running mean of the gradient of parameter <paramref name="index"/>; belongs to the optimizer.</summary>
    public Tensor Mean(int index) => _means[index];

    /// <summary>Running mean of the squared gradient; belongs to the optimizer.</summary>
    public Tensor Square(int index) => _squares[index];

    /// <summary>The F32 copy of a BF16 parameter, which the parameter is the rounding of; belongs to the optimizer. Null for an F32 parameter.</summary>
    public Tensor? Master(int index) => HasMaster(index) ? _masters[index] : null;

    /// <summary>All that a resumed run must get back besides <see cref="Steps"/>: <c>NAME.mean</c>, <c>NAME.square</c> and, for a BF16 parameter, <c>NAME.master</c>; F32, belonging to the optimizer.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State()
    {
        for (int i = 0; i < _parameters.Length; i++)
        {
            string name = _parameters[i].Name;
            yield return KeyValuePair.Create(name + ".mean", _means[i]);
            yield return KeyValuePair.Create(name + ".square", _squares[i]);
            if (HasMaster(i)) yield return KeyValuePair.Create(name + ".master", _masters[i]);
        }
    }

    /// <summary>Takes the master copies anew from the BF16 parameters: after those were given other numbers from outside.</summary>
    public void TakeMasters()
    {
        for (int i = 0; i < _parameters.Length; i++)
            if (HasMaster(i)) AdamWStep.TakeMaster(_parameters[i].Value, _masters[i]);
    }

    /// <summary>Clips the gradients, updates every parameter and frees the gradients. All or nothing: an interrupt waits until it is done.</summary>
    /// <returns>The length of all gradients before clipping.</returns>
    /// <exception cref="ArithmeticException">A gradient holds a NaN or an infinity; nothing was changed.</exception>
    public double Step()
    {
        for (int i = 0; i < _parameters.Length; i++)
        {
            _gradients[i] = _parameters[i].Gradient
                ?? throw new InvalidOperationException($"AdamW: {_parameters[i].Name} has no gradient; run backward first, and leave out what does not take part in the loss.");
        }
        using var whole = _engine.DeferInterrupts();
        double norm = Clip();
        Steps++;
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (HasMaster(i)) AdamWStep.Apply(_parameters[i].Value, _masters[i], _gradients[i], _means[i], _squares[i], Settings, Steps);
            else AdamWStep.Apply(_parameters[i].Value, _gradients[i], _means[i], _squares[i], Settings, Steps);
            _parameters[i].ClearGradient();
        }
        return norm;
    }

    public void Dispose()
    {
        foreach (var t in _means) t.Dispose();
        foreach (var t in _squares) t.Dispose();
        foreach (var t in _masters) t.Dispose();
    }

    private bool HasMaster(int index) => _parameters[index].Value.DType == DType.BF16;

    private double Clip()
    {
        try
        {
            return GradientNorm.Clip(_engine, _gradients, MaxGradientNorm);
        }
        catch (NonFiniteGradientException e)
        {
            throw new ArithmeticException(
                $"AdamW: the gradient of {_parameters[e.Index].Name} holds a NaN or an infinity; nothing was changed: skip this step, or lower the learning rate and look at the batch.", e);
        }
    }

    private static void Check(Parameter[] parameters, AdamWSettings s, double maxGradientNorm)
    {
        if (parameters.Length == 0) throw new ArgumentException("AdamW: parameters must not be empty; unfreeze the model or attach an adapter.");
        foreach (var p in parameters)
        {
            if (!p.Trainable) throw new ArgumentException($"AdamW: {p.Name} is frozen; leave it out or unfreeze it.");
        }
        Require(s.LearningRate >= 0 && double.IsFinite(s.LearningRate), "LearningRate must be finite and 0 or more", s.LearningRate);
        Require(s.Beta1 is >= 0 and < 1, "Beta1 must be from 0 to below 1", s.Beta1);
        Require(s.Beta2 is >= 0 and < 1, "Beta2 must be from 0 to below 1", s.Beta2);
        Require(s.Epsilon > 0 && double.IsFinite(s.Epsilon), "Epsilon must be finite and above 0", s.Epsilon);
        Require(s.WeightDecay >= 0 && double.IsFinite(s.WeightDecay), "WeightDecay must be finite and 0 or more", s.WeightDecay);
        Require(maxGradientNorm > 0, "maxGradientNorm must be above 0", maxGradientNorm);
    }

    private static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"AdamW: {requirement}, got {got}."));
    }
}
