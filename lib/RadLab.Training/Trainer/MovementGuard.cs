using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Stops a run in which weights that should train stay, or frozen ones move.</summary>
/// <remarks>
/// AdamW moves a number by about the learning rate, however small its gradient. A parameter that lies still is wrong
/// <list type="bullet">
/// <item>after three steps, where its gradient was 0 in each: LoRA's A has none in the first, while B is 0;</item>
/// <item>after three steps, where not even the peak of the learning rate could move the smallest of its numbers;</item>
/// <item>as soon as three steps were certain to move it: their rate was far above the distance of its neighbouring numbers. A warm-up may take long to get there.</item>
/// </list>
/// </remarks>
internal sealed class MovementGuard
{
    private const int Steps = 3;

    // an AdamW step is below the rate where gradients change sign or are tiny: this far above the distance of two neighbouring numbers it moves them all the same
    private const double Certain = 16;

    // and above it after a burst, by (1 - b1) / sqrt(1 - b2) = 3.2 with the usual b1 and b2
    private const double Burst = 8;

    private readonly double _peak;
    private readonly Func<string?> _frozen;
    private readonly string? _frozenBefore;
    private readonly List<Watched> _still;
    private readonly List<Watched> _withoutGradient;
    private int _steps, _updates;

    public MovementGuard(TrainingSubject subject, double peak)
        : this(subject.Groups, peak, () => subject.Adapters is null ? null : BaseIdentity.OfModel(subject.Model).WeightsSha256)
    {
    }

    /// <param name="peak">Highest learning rate of the run.</param>
    /// <param name="frozen">Hash of what must stay; null: nothing must.</param>
    internal MovementGuard(IReadOnlyList<ParameterGroup> groups, double peak, Func<string?> frozen)
    {
        (_peak, _frozen, _frozenBefore) = (peak, frozen, frozen());
        _still = [.. groups.Where(g => g.LearningRateFactor > 0).SelectMany(g => g.Parameters.Select(p => new Watched(p, g.LearningRateFactor)))];
        _withoutGradient = [.. _still];
    }

    /// <summary>Before the optimizer takes the gradients.</summary>
    public void BeforeUpdate(double learningRate)
    {
        if (learningRate <= 0 || _updates == Steps) return;
        _withoutGradient.RemoveAll(w => HasGradient(w.Parameter));
        // a loss that has become 0 has no gradient anywhere: then nothing is wrong with a single one
        if (++_updates == Steps && _withoutGradient.Count > 0 && _withoutGradient.Count < _still.Count)
            throw new TrainingGuardException($"{Names(_withoutGradient)}: should train but has had a gradient of 0 in {Steps} steps: it does not take part in the loss; check lora.targets and lora.alpha.");
    }

    public void AfterStep(double learningRate)
    {
        if (learningRate <= 0) return;
        _steps++;
        if (_steps == Steps)
        {
            _still.RemoveAll(w => w.HasMoved());
            Refuse([.. _still.Where(w => w.IsHopeless(_peak))]);
            CheckFrozen();
        }
        var due = _still.Where(w => w.MustMove(learningRate)).ToList();
        if (due.Count == 0) return;
        Refuse([.. due.Where(w => !w.HasMoved())]);
        _still.RemoveAll(due.Contains);
    }

    /// <summary>Also at the end of a run.</summary>
    public void CheckFrozen()
    {
        if (_frozenBefore is not null && _frozen() != _frozenBefore) throw new TrainingGuardException("the base's weights: are frozen but have changed; the run's results are worthless: please report this.");
    }

    private void Refuse(IReadOnlyList<Watched> still)
    {
        if (still.Count > 0)
            throw new TrainingGuardException($"{Names(still)}: should train but has not moved in {_steps} steps: it does not take part in the loss, its gradient is 0, or the learning rate is too small for its storage; check targets and learning_rate.");
    }

    private static string Names(IReadOnlyList<Watched> watched) => $"{watched[0].Parameter.Name}{(watched.Count > 1 ? $" and {watched.Count - 1} more" : "")}";

    private static bool HasGradient(Parameter parameter)
    {
        if (parameter.Gradient is not { } gradient)
            throw new TrainingGuardException($"{parameter.Name}: should train but has no gradient: it does not take part in the loss; check lora.targets.");
        using var lease = gradient.Acquire();
        return gradient.AsSpan<float>().IndexOfAnyExcept(0f) >= 0;
    }

    private sealed class Watched
    {
        private readonly double _factor, _least, _needs;
        private readonly byte[] _before;
        private int _certain;
        private double _reach;

        public Watched(Parameter parameter, double factor)
        {
            (Parameter, _factor, _before) = (parameter, factor, HashOf(parameter));
            float usual = Usual(parameter);
            _least = Certain * Distance(usual);
            // steps add up in a BF16 parameter's master copy until it is rounded to another number
            _needs = parameter.Value.DType == DType.BF16 ? Certain * Distance(usual) * (1 << 16) : 0;
        }

        public Parameter Parameter { get; }

        /// <summary>Whether the steps so far, with this one, were certain to move it.</summary>
        public bool MustMove(double learningRate)
        {
            double step = learningRate * _factor;
            if (step < _least) return false;
            (_certain, _reach) = (_certain + 1, _reach + step);
            return _certain >= Steps && _reach >= _needs;
        }

        public bool IsHopeless(double peak) => !CanMove(Parameter, Burst * peak * _factor);

        public bool HasMoved() => !_before.AsSpan().SequenceEqual(HashOf(Parameter));
    }

    // to the next larger F32 number; 0 moves by whatever there is
    private static double Distance(float magnitude) => magnitude == 0 ? 0 : (double)MathF.BitIncrement(magnitude) - magnitude;

    // half of its numbers are not larger
    private static float Usual(Parameter parameter)
    {
        const int samples = 4096;
        using var lease = parameter.Value.Acquire();
        long count = parameter.Shape.Count, stride = Math.Max(1, count / samples);
        var magnitudes = new List<float>();
        for (long i = 0; i < count; i += stride)
            if (At(parameter.Value, (int)i) is var x and not 0f) magnitudes.Add(MathF.Abs(x));
        if (magnitudes.Count == 0) return 0;
        magnitudes.Sort();
        return magnitudes[magnitudes.Count / 2];
    }

    // whether a step changes any of its numbers when it is rounded: half the distance does, half of that below a power of 2. Zeros do not count: they may be there for nothing, as padding is
    private static bool CanMove(Parameter parameter, double step)
    {
        using var lease = parameter.Value.Acquire();
        bool any = false;
        for (int i = 0; i < parameter.Shape.Count; i++)
        {
            if (At(parameter.Value, i) is not (var x and not 0f)) continue;
            if (step >= Distance(MathF.Abs(x)) / 4) return true;
            any = true;
        }
        return !any;
    }

    private static float At(Tensor values, int i) => values.DType == DType.F32 ? values.AsSpan<float>()[i] : BitConverter.Int32BitsToSingle(values.AsSpan<ushort>()[i] << 16);

    private static byte[] HashOf(Parameter parameter)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var lease = parameter.Value.Acquire();
        const int piece = 1 << 24;
        long count = parameter.Shape.Count;
        for (long at = 0; at < count; at += piece)
        {
            int n = (int)Math.Min(piece, count - at);
            hash.AppendData(parameter.Value.DType == DType.F32
                ? MemoryMarshal.AsBytes(parameter.Value.AsSpan<float>().Slice((int)at, n))
                : MemoryMarshal.AsBytes(parameter.Value.AsSpan<ushort>().Slice((int)at, n)));
        }
        return hash.GetHashAndReset();
    }
}
