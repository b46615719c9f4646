using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>What a run says when a number is none any more: where it began.</summary>
public sealed class NonFiniteTests : IDisposable
{
    private readonly Engine _engine = new(new EngineOptions { Threads = 1 });
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-nan-").FullName;

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(WeightFormat.F32, float.NaN, "a NaN")]
    [InlineData(WeightFormat.F32, float.NegativeInfinity, "an infinity")]
    [InlineData(WeightFormat.BF16, float.NaN, "a NaN")]
    public void A_weight_that_is_no_number_is_named(WeightFormat format, float value, string called)
    {
        var source = new ChangedModel(model => Put(model.Blocks[1].FeedForward.Down.Weight!.Value, 5, value));
        var recipe = TinyTraining.Recipe with { Storage = new LlamaStorage { Linears = format } };
        var e = Assert.Throws<TrainingGuardException>(() => new TrainingRun(_engine, TinyTraining.Input(recipe) with { Base = source }, _folder).Train());
        Assert.Matches($"^step 1: the loss is (NaN|-?Infinity) on the examples [0-9]+, [0-9]+; the weight model\\.layers\\.1\\.mlp\\.down_proj\\.weight is the first with {called}, at element 5; nothing was changed: lower the learning rate, or look at these examples and at the base's weights\\.$", e.Message);
    }

    [Fact]
    public void Scales_of_quantized_weights_are_looked_at_too()
    {
        var source = new ChangedModel(model => model.Blocks[0].Attention.Value.Quantized!.NestedAbsmax!.Value.AsSpan<float>()[0] = float.NaN);
        var recipe = TinyTraining.Recipe with { Storage = new LlamaStorage { Linears = WeightFormat.Nf4 } };
        var e = Assert.Throws<TrainingGuardException>(() => new TrainingRun(_engine, TinyTraining.Input(recipe) with { Base = source }, _folder).Train());
        Assert.Contains("; the scales of model.layers.0.self_attn.v_proj is the first with a NaN, at element 0; nothing was changed", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16)]
    public void Where_all_weights_are_numbers_the_module_is_named_whose_output_is_none(DType activations)
    {
        var recipe = TinyTraining.Recipe with { LearningRate = 1e30, Storage = new LlamaStorage { Activations = activations } };
        var e = Assert.Throws<TrainingGuardException>(() => new TrainingRun(_engine, TinyTraining.Input(recipe), _folder).Train());
        Assert.Matches("^step 2: the loss is (NaN|-?Infinity) on the examples [0-9]+, [0-9]+; the output of model\\.layers\\.0\\.self_attn is the first with (a NaN|an infinity), at element [0-9]+; nothing was changed: lower the learning rate,", e.Message);
    }

    [Fact]
    public void A_gradient_that_is_no_number_is_named_and_nothing_is_changed()
    {
        var recipe = TinyTraining.Recipe;
        using var subject = TrainingSubject.Create(_engine, recipe, TinyTraining.Base);
        using var optimizer = Optimizer.Create(_engine, subject.Groups, recipe.Optimizer);
        var parameter = subject.Groups[0].Parameters[4];
        float[] before = parameter.Value.ToFloats();
        using var loop = new TrainingLoop(subject, new BatchPlan(TinyTraining.Texts(8), recipe.Batch, 1), optimizer, recipe.Batch.Accumulate) { BeforeUpdate = _ => Put(parameter.Gradient!.Value, 2, float.NaN) };
        var e = Assert.Throws<TrainingGuardException>(() => loop.Step(6, 1e-3));
        Assert.Equal($"step 7: AdamW: the gradient of {parameter.Name} holds a NaN or an infinity; nothing was changed: skip this step, or lower the learning rate and look at the batch.", e.Message);
        Assert.Equal(before, parameter.Value.ToFloats());
    }

    [Fact]
    public void A_validation_loss_that_is_no_number_is_an_error_and_never_the_best()
    {
        // a token that only the held-out text has; 0 is what padding is filled with
        var (train, validation) = (TinyTraining.Texts(24), TinyTraining.Texts(2, first: 1000));
        int token = Enumerable.Range(1, TinyTraining.Config.VocabularySize - 1).First(id => !train.Concat(validation).Any(t => t.Ids.Contains(id)));
        int[] ids = [.. validation[0].Ids];
        ids[2] = token;
        var input = TinyTraining.Input() with { Base = new ChangedModel(model => Put(model.Embedding.Value, token * TinyTraining.Config.HiddenSize, float.NaN)), Validation = [validation[1], validation[0] with { Id = "V-7", Ids = ids }] };
        var e = Assert.Throws<TrainingGuardException>(() => new TrainingRun(_engine, input, _folder).Train());
        Assert.Matches("^step 4: the validation loss is NaN on the examples [0-9V, -]*V-7[0-9, ]*; the weight model\\.embed_tokens\\.weight is the first with a NaN, at element [0-9]+; this step is not saved, earlier checkpoints are whole: ", e.Message);
        Assert.Equal(["step-00000002"], Directory.EnumerateDirectories(Path.Combine(_folder, "checkpoints")).Select(Path.GetFileName));
    }

    private static void Put(Tensor values, int at, float value)
    {
        if (values.DType == DType.F32) values.AsSpan<float>()[at] = value;
        else values.AsSpan<ushort>()[at] = (ushort)(BitConverter.SingleToInt32Bits(value) >>> 16);
    }

    /// <summary>The tiny model with a weight that has been tampered with.</summary>
    private sealed class ChangedModel(Action<LlamaModel> change) : IBaseModel
    {
        public string Name => TinyTraining.Base.Name;

        public BaseIdentity Identity => TinyTraining.Base.Identity;

        public Tokenizer Tokenizer => TinyTraining.Base.Tokenizer;

        public OriginalWeights? Original() => null;

        public LlamaModel Load(Engine engine, LlamaStorage storage)
        {
            var model = TinyTraining.Base.Load(engine, storage);
            change(model);
            return model;
        }
    }
}
