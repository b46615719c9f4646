using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary>Three AdamW updates of a copy of the first input; in BF16 on a master copy.</summary>
internal sealed class AdamWStepCases : IOpCaseSource
{
    public static readonly AdamWSettings Settings = new(LearningRate: 0.02, Beta2: 0.95, WeightDecay: 0.1);

    public IEnumerable<OpCase> Of(DType dtype) => [new OpCase("AdamWStep", dtype, Steps, [new OpInput([70, 257], dtype, Trains: false), new OpInput([70, 257], DType.F32, Trains: false)])];

    private static Tensor Steps(Tape tape, OpInputs x)
    {
        var (p, g) = (tape.Scale(x[0], 1), x[1]);
        var (m, v) = (tape.Scale(g, 0), tape.Scale(g, 0));
        if (p.DType == DType.F32)
        {
            for (int step = 1; step <= 3; step++) AdamWStep.Apply(p, g, m, v, Settings, step, gradientScale: 0.7f);
            return p;
        }
        var master = tape.Empty(p.Shape);
        AdamWStep.TakeMaster(p, master);
        for (int step = 1; step <= 3; step++) AdamWStep.Apply(p, master, g, m, v, Settings, step, gradientScale: 0.7f);
        return p;
    }
}
