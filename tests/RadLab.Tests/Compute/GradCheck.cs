using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>Compares an op's backward pass with central differences of its forward pass.</summary>
internal static class GradCheck
{
    /// <param name="op">The op under test as a function of <paramref name="inputs"/>; called often.</param>
    /// <param name="inputs">Small F32 tensors; those with RequiresGrad are checked, the others must stay without gradient.</param>
    public static void Run(Engine engine, Func<Tape, Tensor> op, params Tensor[] inputs) => Run(engine, op, 1e-2f, 2e-3, inputs);

    public static void Run(Engine engine, Func<Tape, Tensor> op, float step, double tolerance, params Tensor[] inputs)
    {
        using var tape = engine.Tape();

        // a random upstream gradient: all ones would hide mistakes that cancel in a sum
        using var dy = Make.Random(engine, op(tape).Shape, seed: 99);
        tape.Reset();
        float[] upstream = dy.ToFloats();

        // twice, because backward must add to a gradient that is already there (gradient accumulation)
        for (int i = 0; i < 2; i++)
        {
            tape.Backward(op(tape), dy);
            tape.Reset();
        }

        using var forward = engine.Tape(recording: false);
        double Loss()
        {
            float[] y = op(forward).ToFloats();
            forward.Reset();
            double sum = 0;
            for (int i = 0; i < y.Length; i++) sum += (double)y[i] * upstream[i];
            return sum;
        }

        for (int k = 0; k < inputs.Length; k++)
        {
            var input = inputs[k];
            if (!input.RequiresGrad)
            {
                Assert.True(input.Gradient is null, $"input {k} is frozen but got a gradient");
                continue;
            }
            Assert.True(input.Gradient is not null, $"input {k} wants a gradient but got none");
            float[] gradient = input.Gradient!.Value.ToFloats();
            for (int i = 0; i < input.Count; i++)
            {
                float at = input.AsSpan<float>()[i];
                input.AsSpan<float>()[i] = at + step;
                double up = Loss();
                input.AsSpan<float>()[i] = at - step;
                double down = Loss();
                input.AsSpan<float>()[i] = at;
                double expected = 2 * (up - down) / (((double)(at + step)) - (at - step)), actual = gradient[i];
                Assert.True(Math.Abs(expected - actual) <= tolerance * (1 + Math.Abs(expected)),
                    $"input {k}, element {i}: backward gives {actual:G6}, differences give {expected:G6}");
            }
            input.ClearGradient();
        }
    }
}
