using RadLab.Compute;

namespace RadLab.Models;

/// <summary>Continues texts with a model, token by token over a <see cref="KvCache"/>. Works on the model as it is: with or without adapters, in any storage.</summary>
/// <remarks>
/// The same prompts, options and seed give the same tokens for any number of threads and on every instruction set. <see cref="Engine.Interrupt"/> stops a generation between two ops
/// with <see cref="OperationCanceledException"/>; its memory is given back. A model generates one thing at a time.
/// </remarks>
public sealed partial class Generator(LlamaModel model)
{
    public LlamaModel Model { get; } = model ?? throw new ArgumentNullException(nameof(model));

    /// <summary>Continues one prompt.</summary>
    /// <param name="onToken">Called with each new token as soon as it is chosen; never with a stop token.</param>
    public GeneratedText Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null, Action<int>? onToken = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return GenerateBatch([prompt], options, onToken is null ? null : (_, token) => onToken(token))[0];
    }

    /// <summary>Continues several prompts of any lengths at once: each weight is read once a step for all of them.</summary>
    /// <param name="onToken">Called with the prompt's index and its new token.</param>
    /// <returns>In the order of the prompts. Sampling draws for prompt i from a stream of its own.</returns>
    public IReadOnlyList<GeneratedText> GenerateBatch(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions? options = null, Action<int, int>? onToken = null)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        using var loop = new DecodingLoop(Model, prompts, options ?? new GenerationOptions());
        while (loop.ActiveCount > 0) loop.Step(onToken);
        var results = new GeneratedText[prompts.Count];
        for (int i = 0; i < results.Length; i++) results[i] = loop.Result(i);
        return results;
    }

    /// <summary>Continues one prompt lazily: each token is computed when it is asked for, and leaving the loop ends the generation.</summary>
    public IEnumerable<int> Stream(IReadOnlyList<int> prompt, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        options.Check(Model.Config);
        PromptTokens.Check(Model.Config, prompt, "prompt 0", room: 1);
        return Tokens(prompt, options);
    }

    private IEnumerable<int> Tokens(IReadOnlyList<int> prompt, GenerationOptions options)
    {
        using var loop = new DecodingLoop(Model, [prompt], options);
        int token = -1;
        Action<int, int> take = (_, t) => token = t;
        while (loop.ActiveCount > 0)
        {
            token = -1;
            loop.Step(take);
            if (token >= 0) yield return token;
        }
    }
}
